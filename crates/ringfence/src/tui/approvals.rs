//! Answers the questions of running sessions: a full-screen list, a popup for one session, or lines of JSON.

mod board;
mod draw;
mod lines;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ringfence_policy::Answer;
use ringfence_runtime::prompt::approvals::client::{Client, ClientError, sessions};
use ringfence_runtime::prompt::approvals::{FromServer, Via};

use board::{Board, Outcome};

/// What to do.
#[derive(Debug, Clone)]
pub struct Options {
    /// Directory with the approvals sockets.
    pub dir: PathBuf,
    /// Only this session.
    pub session: Option<String>,
    /// Run as the popup of a multiplexer: leave as soon as nothing is asked.
    pub popup: Option<Via>,
    /// JSON lines out, answers as JSON lines in.
    pub json: bool,
    /// Without `NO_COLOR`.
    pub colour: bool,
}

/// Why it ended badly.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalsError {
    /// The named session can't be reached.
    #[error("session {0}: {1}")]
    Session(String, ClientError),
    /// The terminal or standard output.
    #[error("the terminal: {0}")]
    Terminal(#[from] std::io::Error),
}

/// How often the keyboard and the sessions are looked at.
const TURN: Duration = Duration::from_millis(20);
/// How often new sessions are looked for.
const SEARCH: Duration = Duration::from_millis(500);

/// Runs until the person leaves, the popup has nothing to ask any more, or the named session ends.
///
/// # Errors
/// [`ApprovalsError`].
pub fn run(options: &Options) -> Result<(), ApprovalsError> {
    let interactive = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if options.json || !interactive {
        return lines::run(options);
    }
    let mut sessions = Sessions::open(options)?;
    let mut terminal = ratatui::try_init()?;
    let result = interact(options, &mut sessions, &mut terminal);
    ratatui::restore();
    result
}

fn interact(
    options: &Options,
    sessions: &mut Sessions,
    terminal: &mut ratatui::DefaultTerminal,
) -> Result<(), ApprovalsError> {
    let mut board = Board::new(Instant::now());
    let mut drawn = None;
    loop {
        sessions.turn(&mut board);
        let nothing_left = board.heard() && board.is_empty();
        if options.popup.is_some() && nothing_left
            || options.session.is_some() && sessions.is_empty()
        {
            return Ok(());
        }
        let now = Instant::now();
        if board.take_changed()
            || drawn.is_none_or(|at: Instant| now.duration_since(at) >= Duration::from_secs(1))
        {
            terminal.draw(|frame| draw::draw(frame, &board, now, options.colour))?;
            drawn = Some(now);
        }
        let mut wait = TURN;
        while event::poll(wait)? {
            wait = Duration::ZERO;
            match event::read()? {
                Event::Key(key) if key.kind == KeyEventKind::Press => {
                    if interrupts(key) {
                        return Ok(());
                    }
                    press(&mut board, key);
                }
                // Pastes, mouse and focus reports are no key presses, and nothing right behind them is an answer.
                Event::Key(_) => {}
                Event::Resize(..) => board.touch(),
                _ => board.key(None, Instant::now()),
            }
        }
        match board.poll(Instant::now()) {
            Some(Outcome::Leave) => return Ok(()),
            Some(Outcome::Answer {
                session,
                id,
                answer,
            }) => sessions.answer(&mut board, &session, id, answer),
            None => {}
        }
    }
}

fn interrupts(key: KeyEvent) -> bool {
    key.modifiers.contains(KeyModifiers::CONTROL) && matches!(key.code, KeyCode::Char('c' | 'd'))
}

fn press(board: &mut Board, key: KeyEvent) {
    let now = Instant::now();
    let plain = key.modifiers.difference(KeyModifiers::SHIFT).is_empty();
    match key.code {
        KeyCode::Down | KeyCode::Tab => board.select(1, now),
        KeyCode::Up | KeyCode::BackTab => board.select(-1, now),
        KeyCode::Char(c) if plain => board.key(Some(c), now),
        _ => board.key(None, now),
    }
}

/// The connections.
struct Sessions {
    options: Options,
    clients: Vec<Client>,
    searched: Option<Instant>,
}

impl Sessions {
    /// Connects to the named session, or to all there are.
    fn open(options: &Options) -> Result<Self, ApprovalsError> {
        let mut this = Self {
            options: options.clone(),
            clients: Vec::new(),
            searched: None,
        };
        match &options.session {
            Some(id) => {
                let client = this
                    .connect(id)
                    .map_err(|e| ApprovalsError::Session(id.clone(), e))?;
                this.clients.push(client);
            }
            None => this.search(),
        }
        Ok(this)
    }

    fn connect(&self, id: &str) -> Result<Client, ClientError> {
        let mut client = Client::connect(&self.options.dir, id)?;
        client.attach(self.options.popup.unwrap_or(Via::Approvals))?;
        // Reading must not hold up the keyboard.
        client.set_patience(Duration::from_millis(1))?;
        Ok(client)
    }

    fn is_empty(&self) -> bool {
        self.clients.is_empty()
    }

    fn search(&mut self) {
        self.searched = Some(Instant::now());
        for id in sessions(&self.options.dir) {
            if self.clients.iter().all(|c| c.session != id) {
                // One that can't be reached has ended without taking its socket along.
                if let Ok(client) = self.connect(&id) {
                    self.clients.push(client);
                }
            }
        }
    }

    /// Takes in what the sessions have sent.
    fn turn(&mut self, board: &mut Board) {
        if self.options.session.is_none() && self.searched.is_none_or(|at| at.elapsed() >= SEARCH) {
            self.search();
        }
        self.clients.retain_mut(|client| {
            loop {
                match client.receive() {
                    Ok(None) => return true,
                    Ok(Some(FromServer::Pending(pending))) => {
                        board.pending(&client.session, &client.tool, pending)
                    }
                    Ok(Some(FromServer::Taken { id, error, note })) => board.taken(id, error, note),
                    Ok(Some(_)) => {}
                    Err(_) => {
                        board.pending(&client.session, &client.tool, Vec::new());
                        return false;
                    }
                }
            }
        });
    }

    fn answer(&mut self, board: &mut Board, session: &str, id: u64, answer: Answer) {
        let client = self.clients.iter_mut().find(|c| c.session == session);
        if let Some(Err(error)) = client.map(|client| client.answer(id, answer)) {
            board.taken(id, Some(error.to_string()), None);
        }
    }
}
