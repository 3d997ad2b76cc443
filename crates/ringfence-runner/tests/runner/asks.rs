//! Whole questions: the template, the form of an answer and its tool calls are the runner's business.

use std::time::Duration;

use ringfence_inference::{
    DoneReason, Event, FailureKind, Format, Message, Options, Prompt, Request, ToolChoice,
};
use ringfence_runner::testing::SENTENCE;
use ringfence_runner::{Ask, JobError, Manner, Runner};

use crate::Case;
use crate::fixture::{Fixture, Outcome, holds, same, text};

pub const CASES: &[Case] = &[
    ("a conversation is answered with the sentence", conversation),
    ("a Modelfile's stop text and system prompt hold", dressed),
    (
        "a question that makes no sense is refused and the next one answered",
        refused,
    ),
    (
        "a template that fills the memory takes its runner and nothing else",
        greedy_template,
    ),
    ("a question is embedded, and shortened", embedded),
    ("nobody learns what another one asked", apart),
    ("a form that never ends ends with its question", endless),
    (
        "a process that hears nothing is killed when its question is taken back",
        frozen,
    ),
];

fn question(prompt: Prompt) -> Request {
    let mut request = Request::new("tiny".parse().expect("name"), prompt);
    request.options.temperature = Some(0.0);
    request.options.num_predict = Some(64);
    request
}

fn chat(content: &str) -> Request {
    question(Prompt::Chat {
        messages: vec![Message {
            content: content.into(),
            ..Message::default()
        }],
        tools: Vec::new(),
        tool_choice: ToolChoice::Auto,
    })
}

fn events(runner: &mut Runner, request: Request) -> Result<Vec<Event>, JobError> {
    let ask = Ask {
        request,
        call_id: "call".into(),
        now: Duration::ZERO,
    };
    runner.ask(ask)?.collect()
}

fn said(events: &[Event]) -> String {
    let texts = events.iter().filter_map(|event| match event {
        Event::Token { text, .. } => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

fn end(events: &[Event]) -> Option<&DoneReason> {
    match events.last() {
        Some(Event::Done { reason, .. }) => Some(reason),
        _ => None,
    }
}

fn conversation(f: &Fixture<'_>) -> Outcome {
    let mut runner = f.start(&f.script).map_err(text)?;
    for _ in 0..2 {
        let events = events(&mut runner, chat("Who are you?")).map_err(text)?;
        same(said(&events).as_str(), SENTENCE)?;
        same(end(&events), Some(&DoneReason::Stop))?;
    }
    Ok(())
}

fn dressed(f: &Fixture<'_>) -> Outcome {
    let mut runner = f.start(&f.script).map_err(text)?;
    let word = SENTENCE.split(' ').nth(2).unwrap_or_default().to_owned();
    let manner = Manner {
        parameters: Options {
            stop: Some(vec![word.clone()]),
            ..Options::default()
        },
        system: Some("be brief".into()),
        ..Manner::default()
    };
    runner.dress(manner).map_err(text)?;
    let events = events(&mut runner, chat("?")).map_err(text)?;
    same(
        said(&events).as_str(),
        SENTENCE.split(&word).next().unwrap_or_default(),
    )?;
    same(end(&events), Some(&DoneReason::StopString(word)))?;
    let broken = Manner {
        template: Some("{% for %}".into()),
        ..Manner::default()
    };
    match runner.dress(broken) {
        Err(JobError::Job(why)) => holds(why.contains("line 1"), || why.clone()),
        other => Err(format!("{other:?}")),
    }
}

fn refused(f: &Fixture<'_>) -> Outcome {
    let mut runner = f.start(&f.script).map_err(text)?;
    let gap = question(Prompt::Raw {
        text: "a".into(),
        suffix: Some("b".into()),
    });
    let events_of_gap = events(&mut runner, gap).map_err(text)?;
    match events_of_gap.as_slice() {
        [Event::Error(failure)] => same(failure.kind, FailureKind::Invalid)?,
        other => return Err(format!("{other:?}")),
    }
    let mut json = chat("?");
    json.format = Format::Json;
    json.options.num_predict = Some(8);
    holds(events(&mut runner, json).is_ok(), || "json".into())?;
    let events = events(&mut runner, chat("?")).map_err(text)?;
    same(said(&events).as_str(), SENTENCE)
}

/// The template engine bounds steps and output, and not what it holds in between: the limit on this process's memory does.
fn greedy_template(f: &Fixture<'_>) -> Outcome {
    let mut config = crate::fixture::small();
    config.memory = Some(512 << 20);
    let mut runner = f.start_with(&f.script, &config).map_err(text)?;
    let manner = Manner {
        template: Some(
            "{% set ns = namespace(s='0123456789abcdef') %}{% for i in range(40) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}x".into(),
        ),
        ..Manner::default()
    };
    runner.dress(manner).map_err(text)?;
    match events(&mut runner, chat("?")) {
        Err(JobError::Died(_)) => {}
        Ok(events) => match events.as_slice() {
            [Event::Error(_)] => {}
            other => return Err(format!("{other:?}")),
        },
        Err(error) => return Err(error.to_string()),
    }
    let mut next = f.start(&f.script).map_err(text)?;
    let events = events(&mut next, chat("?")).map_err(text)?;
    same(said(&events).as_str(), SENTENCE)
}

fn embedded(f: &Fixture<'_>) -> Outcome {
    let mut runner = f.start(&f.noise).map_err(text)?;
    let request = question(Prompt::Embed {
        inputs: vec!["a".into(), "b".into()],
        dimensions: Some(4),
    });
    let events = events(&mut runner, request).map_err(text)?;
    let lengths = events.iter().filter_map(|event| match event {
        Event::Embedding { vector, .. } => Some(vector.len()),
        _ => None,
    });
    same(lengths.collect::<Vec<_>>(), vec![4, 4])?;
    same(end(&events), Some(&DoneReason::Stop))
}

fn cached(runner: &mut Runner, request: Request, asker: u64) -> Result<u64, String> {
    let ask = Ask {
        request,
        call_id: "call".into(),
        now: Duration::ZERO,
    };
    let events: Result<Vec<Event>, _> = runner.ask_for(ask, asker).map_err(text)?.collect();
    match events.map_err(text)?.last() {
        Some(Event::Done { usage, .. }) => Ok(usage.cached_tokens),
        other => Err(format!("{other:?}")),
    }
}

/// How much of a guess was known already is how much of it is right.
fn apart(f: &Fixture<'_>) -> Outcome {
    let mut runner = f.start(&f.script).map_err(text)?;
    let secret = || chat("the password is the name of the second ship");
    let guess = || chat("the password is the name of the second cat");
    cached(&mut runner, secret(), 1)?;
    let own = cached(&mut runner, guess(), 1)?;
    holds(own > 20, || format!("the attack does not work: {own}"))?;
    cached(&mut runner, secret(), 1)?;
    same(cached(&mut runner, guess(), 2)?, 0)?;
    cached(&mut runner, secret(), 1).and_then(|known| same(known, 0))
}

/// Each character has sixty readings, those of the next one sixty each: the engine is not back at the next token in anybody's time.
fn endless(f: &Fixture<'_>) -> Outcome {
    let mut runner = f.start(&f.script).map_err(text)?;
    let own = r##"{"type":"array","items":{"$ref":"#/$defs/a"},"minItems":1}"##;
    let schema = format!(
        r##"{{"$defs":{{"a":{{"anyOf":[{}]}}}},"$ref":"#/$defs/a"}}"##,
        vec![own; 60].join(",")
    );
    let mut ask = chat("x");
    ask.format =
        Format::Schema(ringfence_inference::Json::parse(schema.as_bytes(), 1 << 20).map_err(text)?);
    let canceller = runner.canceller();
    let later = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(3));
        canceller.cancel();
    });
    let began = std::time::Instant::now();
    let ended = events(&mut runner, ask);
    later.join().map_err(|_| "the thread")?;
    holds(ended.is_err(), || "the attack does not work".into())?;
    holds(began.elapsed() < Duration::from_secs(120), || {
        format!("{:?}", began.elapsed())
    })
}

/// Stopped, the process neither answers nor hears that nobody waits any more.
fn frozen(f: &Fixture<'_>) -> Outcome {
    let before = own_runners();
    let mut runner = f.start(&f.script).map_err(text)?;
    let mut started = own_runners();
    started.retain(|pid| !before.contains(pid));
    let [pid] = started[..] else {
        return Err(format!("{started:?}"));
    };
    let process = rustix::process::Pid::from_raw(pid).ok_or("no process")?;
    rustix::process::kill_process(process, rustix::process::Signal::STOP).map_err(text)?;
    let canceller = runner.canceller();
    let later = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(1));
        canceller.cancel();
    });
    let ended = events(&mut runner, chat("x"));
    later.join().map_err(|_| "the thread")?;
    match ended {
        Err(JobError::Channel(why)) => holds(why.to_string().contains("taken back"), || text(why))?,
        other => return Err(format!("{other:?}")),
    }
    drop(runner);
    for _ in 0..100 {
        if !own_runners().contains(&pid) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Err("it still runs".into())
}

/// The processes of models that this process has started.
fn own_runners() -> Vec<i32> {
    let own = i32::try_from(std::process::id()).unwrap_or_default();
    let parent = |pid: i32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (_, rest) = stat.rsplit_once(')')?;
        rest.split_whitespace().nth(1)?.parse::<i32>().ok()
    };
    let ours = |pid: i32| {
        std::iter::successors(Some(pid), |pid| parent(*pid))
            .take(16)
            .any(|pid| pid == own)
    };
    let model = |pid: i32| {
        std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| {
            line.split(|b| *b == 0)
                .any(|word| word == b"--ringfence-hidden-runner")
        })
    };
    std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| model(*pid) && ours(*pid))
        .collect()
}
