//! The relay and its overlay on a real terminal: a private tmux server plays the person and the screen.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How long anything may take on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A tmux server of our own with one 80x24 pane that runs a shell, and a state directory.
struct Terminal {
    dir: tempfile::TempDir,
    socket: String,
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = Command::new("tmux")
            .args(["-L", &self.socket, "kill-server"])
            .output();
    }
}

fn example(name: &str) -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.push("examples");
    path.push(name);
    assert!(
        path.exists(),
        "{} is missing: cargo build -p ringfence-runtime --examples",
        path.display()
    );
    path
}

impl Terminal {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let dir = tempfile::tempdir().unwrap();
        let socket = format!(
            "rf-test-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::SeqCst)
        );
        let terminal = Self { dir, socket };
        let shell = "env -u TMUX -u ZELLIJ PS1=ready: ENV= LC_ALL=C.UTF-8 sh";
        terminal.tmux(&[
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            "80",
            "-y",
            "24",
            shell,
        ]);
        terminal.tmux(&["set", "-s", "escape-time", "0"]);
        terminal.tmux(&["set", "-g", "status", "off"]);
        terminal.until("ready:");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            terminal.path("ask"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
            0,
        )
        .unwrap();
        terminal
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn tmux(&self, args: &[&str]) -> String {
        let out = Command::new("tmux")
            .env_remove("TMUX")
            .arg("-L")
            .arg(&self.socket)
            .args(args)
            .output()
            .unwrap();
        assert!(
            out.status.success(),
            "tmux {args:?}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
        String::from_utf8(out.stdout).unwrap()
    }

    /// The screen as text.
    fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// The screen with colours, the cursor and the modes that tmux knows of.
    fn exact(&self) -> String {
        let state = "#{cursor_x},#{cursor_y} cursor=#{cursor_flag} alt=#{alternate_on} keys=#{keypad_cursor_flag} \
                     mouse=#{mouse_any_flag}/#{mouse_sgr_flag} origin=#{origin_flag} wrap=#{wrap_flag} \
                     insert=#{insert_flag} region=#{scroll_region_upper}-#{scroll_region_lower}";
        // tmux remembers how far a row was ever written; a colour that nothing follows on its row is not to be seen.
        let screen = self.tmux(&["capture-pane", "-p", "-e"]);
        let rows = screen
            .lines()
            .map(|row| row.trim_end_matches("\u{1b}[39m").trim_end());
        rows.collect::<Vec<_>>().join("\n") + &self.tmux(&["display-message", "-p", state])
    }

    fn until(&self, text: &str) {
        self.wait(|t| t.screen().contains(text), text);
    }

    fn until_gone(&self, text: &str) {
        self.wait(|t| !t.screen().contains(text), text);
    }

    fn wait(&self, done: impl Fn(&Self) -> bool, what: &str) {
        let start = Instant::now();
        while !done(self) {
            assert!(
                start.elapsed() < PATIENCE,
                "waiting for {what:?}, on the screen:\n{}",
                self.screen()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    fn line(&self, text: &str) {
        self.tmux(&["send-keys", "-l", text]);
        self.keys(&["Enter"]);
    }

    /// Writes a program for `sh` and starts it behind the relay.
    fn start(&self, front: &str, program: &str) {
        let file = self.path("program.sh");
        std::fs::write(
            &file,
            format!("cd {}\n{program}", self.dir.path().display()),
        )
        .unwrap();
        let relay = example("relay");
        self.line(&format!(
            "clear; {} {} {front} {} sh {}",
            relay.display(),
            self.dir.path().display(),
            example("approver").display(),
            file.display()
        ));
    }

    fn ask(&self, url: &str) {
        self.wait(|t| t.path("sockets/s-1.sock").exists(), "the session");
        std::fs::write(self.path("ask"), format!("{url}\n")).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    fn until_answered(&self, text: &str) {
        self.wait(|t| t.read("answers").contains(text), text);
    }

    /// Presses a key again and again, as an impatient person does, until the answer is there. Slow enough to count.
    fn press_until_answered(&self, key: &str, text: &str) {
        let start = Instant::now();
        loop {
            std::thread::sleep(Duration::from_millis(500));
            if self.read("answers").contains(text) {
                return;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "answers: {:?}\n{}",
                self.read("answers"),
                self.screen()
            );
            self.keys(&[key]);
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

/// A full-screen program: colours, wide characters, modes, a box of its own; then it records what is typed.
const FULL_SCREEN: &str = r"
stty raw -echo
printf '\033[?1049h\033[2J\033[H'
printf '\033[1;31mbold red\033[0m \033[38;5;45mindexed\033[0m \033[48;2;10;90;30mrgb\033[0m \033[7minverse\033[0m\r\n'
i=0; while [ $i -lt 20 ]; do
  printf '\033[3%dm漢字%d wide and plain text across the whole line of this screen, more or less\033[0m\r\n' $((i%8)) $i
  i=$((i+1)); done
printf '\033[?1h\033[?1000h\033[?1006h\033[?2004h\033[3;20r\033[12;33H\033[1;35m'
head -c 1 > typed
printf '\033[?1049l'; stty sane
";

#[test]
fn a_full_screen_program_is_left_exactly_as_it_was() {
    let t = Terminal::new();
    t.start("overlay", FULL_SCREEN);
    t.until("漢字19");
    let before = t.exact();
    assert!(before.contains("alt=1"), "{before}");
    t.ask("https://paste.example/first");
    t.until("ringfence asks");
    t.until("https://paste.example/first");
    t.press_until_answered("a", "first Allow Once overlay");
    t.until_gone("ringfence asks");
    assert_eq!(t.exact(), before);
    // The answer did not reach the program; what is typed now does.
    assert_eq!(t.read("typed"), "");
    t.keys(&["q"]);
    t.until("relay ended");
    assert_eq!(t.read("typed"), "q");
}

#[test]
fn a_line_program_and_the_shell_above_it_are_left_exactly_as_they_were() {
    let t = Terminal::new();
    t.start(
        "overlay",
        "printf 'one\\n\\033[33mtwo\\033[0m\\n\\033[32mprompt> '; read x; echo \"got $x\"",
    );
    t.until("prompt>");
    let before = t.exact();
    assert!(before.contains("alt=0"), "{before}");
    t.ask("https://paste.example/line");
    t.until("ringfence asks");
    t.press_until_answered("x", "line Deny Session overlay");
    t.until_gone("ringfence asks");
    assert_eq!(t.exact(), before);
    t.line("hello");
    t.until("got hello");
}

#[test]
fn output_during_the_question_is_shown_afterwards() {
    let t = Terminal::new();
    t.start("overlay", "printf 'start\\n'; while [ ! -e go ]; do sleep 0.05; done; printf 'more\\nlast\\n'; : > done; sleep 100");
    t.until("start");
    t.ask("https://paste.example/hold");
    t.until("ringfence asks");
    std::fs::write(t.path("go"), "").unwrap();
    t.wait(|t| t.path("done").exists(), "the program");
    std::thread::sleep(Duration::from_millis(200));
    let during = t.screen();
    assert!(
        during.contains("ringfence asks") && !during.contains("last"),
        "{during}"
    );
    t.press_until_answered("d", "hold Deny Once overlay");
    t.until("last");
    assert!(t.screen().contains("start\nmore\nlast\n"), "{}", t.screen());
}

#[test]
fn typed_ahead_keys_pastes_replies_and_enter_are_no_answers() {
    let t = Terminal::new();
    // Each query makes the terminal type a reply; some end in letters that are answers.
    let program = "stty raw -echo; i=0; while [ $i -lt 40 ]; do printf '\\033[6n\\033[c\\033[5n'; i=$((i+1)); sleep 0.02; done; \
                   : > asked; head -c 100000 > typed & sleep 100";
    t.start("overlay", program);
    t.wait(|t| t.path("sockets/s-1.sock").exists(), "the session");
    let typing = std::thread::scope(|scope| {
        let typing = scope.spawn(|| {
            for _ in 0..25 {
                t.keys(&["a"]);
                std::thread::sleep(Duration::from_millis(30));
            }
        });
        t.ask("https://paste.example/ahead");
        typing.join()
    });
    typing.unwrap();
    t.until("ringfence asks");
    t.keys(&["Enter"]);
    std::thread::sleep(Duration::from_millis(600));
    t.keys(&["Enter"]);
    std::thread::sleep(Duration::from_millis(600));
    t.tmux(&["set-buffer", "allow a always a a a"]);
    t.tmux(&["paste-buffer"]);
    std::thread::sleep(Duration::from_millis(600));
    assert_eq!(t.read("answers"), "", "{}", t.screen());
    assert!(t.screen().contains("ringfence asks"), "{}", t.screen());
    t.press_until_answered("s", "ahead Allow Session overlay");
}

#[test]
fn one_key_answers_one_question() {
    let t = Terminal::new();
    t.start("overlay", "echo up; sleep 100");
    t.until("up");
    t.ask("https://paste.example/1");
    t.until("https://paste.example/1");
    t.ask("https://paste.example/2");
    t.until("1 more waiting");
    t.press_until_answered("a", "/1 Allow Once");
    t.until("https://paste.example/2");
    assert!(!t.read("answers").contains("/2"), "{}", t.read("answers"));
    t.press_until_answered("d", "/2 Deny Once");
    t.until_gone("ringfence asks");
}

#[test]
fn the_size_is_passed_on_and_the_overlay_follows() {
    let t = Terminal::new();
    t.start(
        "overlay",
        "trap 'stty size > size' WINCH; echo up; while :; do sleep 0.1; done",
    );
    t.until("up");
    t.tmux(&["resize-window", "-x", "100", "-y", "30"]);
    t.wait(|t| t.read("size") == "30 100\n", "the new size");
    t.ask("https://paste.example/size");
    t.until("ringfence asks");
    t.tmux(&["resize-window", "-x", "60", "-y", "16"]);
    t.wait(|t| t.read("size") == "16 60\n", "the new size");
    t.wait(
        |t| {
            t.screen()
                .lines()
                .any(|l| l.trim_end().ends_with("---+") && l.len() == 59)
        },
        "the box at the new size",
    );
    t.press_until_answered("a", "size Allow Once");
}

fn settings(t: &Terminal) -> String {
    let _ = std::fs::remove_file(t.path("stty"));
    t.line(&format!(
        "stty -a > {}/stty; echo settled",
        t.dir.path().display()
    ));
    t.until("settled");
    t.wait(|t| t.read("stty").contains("isig"), "stty");
    t.read("stty")
}

#[test]
fn the_terminal_is_put_back_at_the_end_on_a_signal_and_after_a_panic() {
    for way in ["exit", "term", "panic"] {
        let t = Terminal::new();
        let before = settings(&t);
        t.start("overlay", &format!("echo $PPID > parent; {FULL_SCREEN}"));
        t.until("漢字19");
        match way {
            "exit" => t.keys(&["q"]),
            "term" => {
                // setsid(1) becomes the shell, so the relay is the shell's parent.
                let relay = t.read("parent").trim().to_owned();
                assert!(
                    Command::new("kill")
                        .args(["-TERM", &relay])
                        .status()
                        .unwrap()
                        .success()
                );
            }
            _ => {
                // A panic in a task must not leave the terminal raw, nor the session without a raw terminal.
                t.ask("panic");
                t.until("as the test asked");
                t.keys(&["q"]);
            }
        }
        t.until("relay ended");
        t.until("ready:");
        assert!(
            t.exact().contains("alt=0 keys=0 mouse=0/0"),
            "{way}: {}",
            t.exact()
        );
        assert_eq!(settings(&t), before, "{way}");
    }
}

fn alive(pid: &str) -> bool {
    // A zombie that its dead parent's heir has not reaped yet counts as gone.
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|s| !s.contains(") Z "))
}

#[test]
fn after_a_stop_the_terminal_is_raw_again_and_the_program_draws_anew() {
    let t = Terminal::new();
    let program = "echo $PPID > parent; stty raw -echo; trap 'printf again >> drawn' WINCH; echo up; \
                   head -c 1 < /dev/tty > typed & while [ ! -s typed ]; do sleep 0.05; done";
    t.start("overlay", program);
    t.until("up");
    let relay = t.read("parent").trim().to_owned();
    let kill = |signal: &str| {
        assert!(
            Command::new("kill")
                .args([signal, &relay])
                .status()
                .unwrap()
                .success()
        );
    };
    let stopped = || {
        std::fs::read_to_string(format!("/proc/{relay}/stat"))
            .unwrap()
            .contains(") T ")
    };
    kill("-TSTP");
    std::thread::sleep(Duration::from_millis(300));
    assert!(!stopped());
    kill("-STOP");
    t.until("Stopped");
    assert!(stopped());
    // The shell has been left a raw terminal, where Enter is no newline.
    t.tmux(&["send-keys", "-l", "stty sane"]);
    t.keys(&["C-j"]);
    let _ = settings(&t);
    t.line("fg");
    t.wait(
        |t| t.read("drawn").contains("again"),
        "the program to be told",
    );
    t.keys(&["q"]);
    t.until("relay ended");
    assert_eq!(t.read("typed"), "q");
}

#[test]
fn when_the_terminal_goes_away_the_relay_ends() {
    let t = Terminal::new();
    t.start(
        "overlay",
        "trap '' HUP; echo $PPID > parent; echo up; while :; do echo noise; sleep 0.01; done",
    );
    t.until("noise");
    let relay = t.read("parent").trim().to_owned();
    assert!(alive(&relay));
    t.tmux(&["kill-server"]);
    let start = Instant::now();
    while alive(&relay) {
        assert!(start.elapsed() < PATIENCE, "the relay is still there");
        std::thread::sleep(Duration::from_millis(50));
    }
}

const CLIPBOARD: &str = "printf '\\033]52;c;c3RvbGVu\\007'; printf '\\033Ptmux;\\033\\033]52;c;c3RvbGVu\\007\\033\\\\'; echo printed";

#[test]
fn the_clipboard_stays_the_persons() {
    let t = Terminal::new();
    t.tmux(&["set", "-s", "set-clipboard", "on"]);
    // Without the relay the attack works.
    t.line(CLIPBOARD);
    t.wait(
        |t| t.tmux(&["list-buffers"]).contains("stolen"),
        "the attack to work unfenced",
    );
    t.tmux(&["delete-buffer"]);
    t.start("overlay", &format!("{CLIPBOARD}; read x"));
    t.until("printed");
    t.line("");
    t.until("relay ended");
    assert_eq!(t.tmux(&["list-buffers"]), "");
}

#[test]
fn titles_can_not_be_typed_back() {
    let t = Terminal::new();
    let attack = "printf '\\033]2;;touch pwned;\\007'; printf '\\033P$qm\\033\\\\\\033[21t\\033Z\\005'; echo printed";
    t.start(
        "overlay",
        &format!("{attack}; sleep 1; read -r x; printf %s \"$x\" > typed"),
    );
    t.until("printed");
    t.line("mine");
    t.until("relay ended");
    assert_eq!(t.read("typed"), "mine");
}

/// The popup needs an attached client, so the session's tmux runs inside the test's.
#[test]
fn in_tmux_a_popup_asks_and_no_text_of_the_sandbox_is_run() {
    let t = Terminal::new();
    let inner = Inner(format!("{}-inner", t.socket));
    t.line(&format!(
        "tmux -L {} -f /dev/null new-session 'PS1=inner: ENV= sh'",
        inner.0
    ));
    t.until("inner:");
    t.start("tmux", "echo up; read x");
    t.until("up");
    t.ask(&format!(
        "https://paste.example/$(touch {0}/pwned)`touch {0}/pwned`;#(touch {0}/pwned)",
        t.dir.path().display()
    ));
    t.until("approver:");
    assert!(!t.screen().contains("ringfence asks"), "{}", t.screen());
    t.keys(&["y"]);
    t.until_answered("Allow Once tmux");
    t.until_gone("approver:");
    assert!(!t.path("pwned").exists());
}

#[test]
fn in_tmux_without_a_client_the_overlay_asks() {
    let t = Terminal::new();
    // A detached session: nobody sees a popup, and panes are made where nobody looks, so both are refused here.
    let relay = |t: &Terminal| t.path("program.sh");
    let shim = t.path("bin");
    std::fs::create_dir(&shim).unwrap();
    write_script(&shim.join("tmux"), "#!/bin/sh\nexit 1\n");
    t.line(&format!(
        "PATH={}:$PATH TMUX=/nowhere,1,0; export PATH TMUX",
        shim.display()
    ));
    t.start("tmux", "echo up; read x");
    t.until("up");
    assert!(relay(&t).exists());
    t.ask("https://paste.example/fallback");
    t.until("ringfence asks");
    t.press_until_answered("a", "fallback Allow Once overlay");
}

fn write_script(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

struct Inner(String);

impl Drop for Inner {
    fn drop(&mut self) {
        let _ = Command::new("tmux")
            .args(["-L", &self.0, "kill-server"])
            .output();
    }
}
