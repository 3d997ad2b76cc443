//! Draws the board.

use std::time::Instant;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph, Wrap};
use ringfence_policy::Grant;
use ringfence_runtime::prompt::card;
use ringfence_runtime::prompt::text::shown;

use super::board::{Board, Row};

/// Draws everything. Only what went through the escaping of [`card`] and [`shown`] comes from a sandbox.
pub fn draw(frame: &mut Frame<'_>, board: &Board, now: Instant, colour: bool) {
    let list_rows = u16::try_from(board.rows().len())
        .unwrap_or(u16::MAX)
        .clamp(1, 8)
        + 2;
    // With one question there is nothing to choose.
    let list_rows = if board.rows().len() == 1 {
        0
    } else {
        list_rows
    };
    let [list, detail, foot] = Layout::vertical([
        Constraint::Length(list_rows),
        Constraint::Min(3),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    if list_rows > 0 {
        draw_list(frame, list, board, colour);
    }
    if let Some(row) = board.selected().and_then(|at| board.rows().get(at)) {
        draw_detail(frame, detail, row, now, colour);
    }
    let foot_text = board
        .status()
        .unwrap_or("up/down choose   q leave without an answer");
    frame.render_widget(Paragraph::new(foot_text).style(faint(colour)), foot);
}

fn accent(colour: bool) -> Style {
    let style = Style::new().add_modifier(Modifier::BOLD);
    if colour {
        style.fg(Color::Yellow)
    } else {
        style
    }
}

fn faint(colour: bool) -> Style {
    if colour {
        Style::new().add_modifier(Modifier::DIM)
    } else {
        Style::new()
    }
}

fn draw_list(frame: &mut Frame<'_>, area: Rect, board: &Board, colour: bool) {
    let block = Block::bordered()
        .title("ringfence approvals")
        .border_style(faint(colour));
    if board.is_empty() {
        let text = Paragraph::new("Nothing is asked. Questions of running sessions appear here.")
            .block(block);
        return frame.render_widget(text, area);
    }
    let room = usize::from(area.height.saturating_sub(2)).max(1);
    let selected = board.selected().unwrap_or(0);
    let first = selected.saturating_sub(room - 1);
    let columns = usize::from(area.width.saturating_sub(6));
    let lines: Vec<Line<'_>> = board
        .rows()
        .iter()
        .enumerate()
        .skip(first)
        .take(room)
        .map(|(at, row)| {
            let q = &row.pending.question;
            let text = format!(
                "{}  {}  {}  {}:{}",
                row.session,
                q.tool,
                q.kind.as_str(),
                q.host,
                q.port
            );
            let mark = if at == selected { "> " } else { "  " };
            let style = if at == selected {
                accent(colour)
            } else {
                Style::new()
            };
            Line::styled(format!("{mark}{}", shown(&text, columns)), style)
        })
        .collect();
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

fn draw_detail(frame: &mut Frame<'_>, area: Rect, row: &Row, now: Instant, colour: bool) {
    let label = 11;
    let columns = usize::from(area.width).saturating_sub(label + 4).max(16);
    let mut lines = vec![Line::raw(card::headline(&row.pending))];
    for (at, (name, value)) in card::fields(&row.pending, columns).into_iter().enumerate() {
        let style = if at == 0 {
            accent(colour)
        } else {
            Style::new()
        };
        lines.push(Line::from(vec![
            Span::raw(format!("{name:<label$}")),
            Span::styled(value, style),
        ]));
    }
    lines.extend(choice_lines(row, area.width, colour));
    let passed =
        u64::try_from(now.saturating_duration_since(row.at).as_millis()).unwrap_or(u64::MAX);
    let left = row.pending.left_ms.saturating_sub(passed).div_ceil(1000);
    lines.push(Line::styled(card::covers(&row.pending), faint(colour)));
    lines.push(Line::styled(
        format!("{left}s left, then denied"),
        faint(colour),
    ));
    let title = shown(
        &format!("ringfence asks - session {}", row.session),
        columns,
    );
    let block = Block::bordered().title(title).border_style(accent(colour));
    frame.render_widget(
        Paragraph::new(lines)
            .wrap(Wrap { trim: false })
            .block(block),
        area,
    );
}

/// What allows on the left, what denies on the right, where there is room; else one below the other.
fn choice_lines(row: &Row, columns: u16, colour: bool) -> Vec<Line<'static>> {
    const LEFT: usize = 28;
    let cell = |c: &card::Choice, width: usize| {
        let key = Span::styled(format!("  {}  ", c.key), accent(colour));
        [key, Span::raw(format!("{:<width$}", c.label))]
    };
    let kind = row.pending.question.kind;
    if columns < 70 {
        return card::choices(kind)
            .map(|c| Line::from_iter(cell(&c, 0)))
            .collect();
    }
    let (allow, deny): (Vec<_>, Vec<_>) =
        card::choices(kind).partition(|c| c.answer.grant == Grant::Allow);
    let pairs = allow.iter().zip(&deny);
    pairs
        .map(|(a, d)| Line::from_iter(cell(a, LEFT).into_iter().chain(cell(d, 0))))
        .collect()
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use ringfence_runtime::prompt::{Kind, Pending, Question};

    /// A question with hostile text.
    pub fn pending(id: u64) -> Pending {
        let question = Question {
            kind: Kind::Host,
            tool: "Demo".into(),
            host: "paste.example".into(),
            port: 443,
            method: Some("POST".into()),
            url: Some(format!(
                "https://paste.example/\u{1b}[2J\u{202e}{}",
                "a".repeat(200)
            )),
            process: Some("curl (7)".into()),
            size: None,
            credential: None,
        };
        Pending {
            id,
            question,
            waiting: 1,
            age_ms: 0,
            left_ms: 29_000,
        }
    }

    fn drawn(board: &Board, colour: bool) -> Terminal<TestBackend> {
        let mut terminal = Terminal::new(TestBackend::new(72, 18)).unwrap();
        let at = board.rows().first().map_or_else(Instant::now, |r| r.at);
        terminal
            .draw(|frame| draw(frame, board, at, colour))
            .unwrap();
        terminal
    }

    #[test]
    fn one_question() {
        let mut board = Board::new(Instant::now());
        board.pending("s-1", "Demo", vec![pending(1)]);
        insta::assert_snapshot!(drawn(&board, true).backend());
    }

    #[test]
    fn several_questions_and_none() {
        let mut board = Board::new(Instant::now());
        insta::assert_snapshot!("none", drawn(&board, true).backend());
        board.pending("s-1", "Demo", vec![pending(1), pending(2)]);
        board.pending("s-2", "Demo", vec![pending(1)]);
        board.select(1, Instant::now());
        board.taken(9, None, Some("held for this session only: no\u{1b}".into()));
        insta::assert_snapshot!("several", drawn(&board, true).backend());
    }

    #[test]
    fn without_colour_there_is_none() {
        let mut board = Board::new(Instant::now());
        board.pending("s-1", "Demo", vec![pending(1), pending(2)]);
        let colours = |colour| {
            let terminal = drawn(&board, colour);
            terminal
                .backend()
                .buffer()
                .content()
                .iter()
                .any(|c| c.fg != Color::Reset || c.bg != Color::Reset)
        };
        assert!(colours(true));
        assert!(!colours(false));
    }
}
