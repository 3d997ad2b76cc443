use ringfence_policy::*;
use std::time::Instant;
fn main() {
    let seed = include_str!("../tests/data/seed.toml");
    let src = [ConfigSource::user("c", seed)];
    let opts = RunOptions { tool: Some("claude".into()), ..Default::default() };
    let mut facts = HostFacts { uid: 1000, home: "/home/dev".into(), cwd: "/home/dev/w".into(), user: "dev".into(), ..Default::default() };
    facts.program = Some(plan::Program { path: "/usr/bin/x".into(), needs: vec![] });
    for _ in 0..3 {
        let t = Instant::now();
        wanted_program(&src, &opts).unwrap();
        let a = t.elapsed();
        let t = Instant::now();
        let pl = plan::Planner::new(&src, &opts).unwrap();
        let n = t.elapsed();
        let c = pl.candidate_paths(&facts);
        let b = t.elapsed();
        let t = Instant::now();
        let p = pl.resolve(&facts).unwrap();
        let d = t.elapsed();
        let h = Host::parse("api.anthropic.com").unwrap();
        let t = Instant::now();
        for _ in 0..1000 { let _ = p.policy.decide(&Access { host: &h, port: 443, what: What::Http { scheme: Scheme::Https, method: "POST", path: "/v1/messages" } }); }
        println!("new {n:?} program {a:?} candidates {b:?} ({}) resolve {d:?} decide {:?}", c.len(), t.elapsed() / 1000);
    }
    println!("{} masks {} protected", 0, 0);
}
