//! Tables that a terminal can hold: as wide as it is, with borders light enough to copy from.

use std::io::IsTerminal;

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table, presets};

use crate::text::clean;

/// Width when standard output is no terminal.
const PLAIN_WIDTH: u16 = 120;

/// How a cell looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it is.
    Plain,
    /// Good.
    Good,
    /// Bad.
    Bad,
    /// Worth a look.
    Care,
}

/// An empty table with these headings.
pub fn new(headings: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic);
    if !std::io::stdout().is_terminal() {
        table.set_width(PLAIN_WIDTH).force_no_tty();
    }
    table.set_header(headings.iter().map(|h| {
        if colored() {
            Cell::new(h).add_attribute(Attribute::Bold)
        } else {
            Cell::new(h)
        }
    }));
    table
}

/// A cell in a tone; plain where colours are not wanted. Whoever wrote the text, the terminal obeys nothing in it.
pub fn cell(text: impl ToString, tone: Tone) -> Cell {
    let cell = Cell::new(clean(&text.to_string()));
    match tone {
        _ if !colored() => cell,
        Tone::Plain => cell,
        Tone::Good => cell.fg(Color::Green),
        Tone::Bad => cell.fg(Color::Red),
        Tone::Care => cell.fg(Color::Yellow),
    }
}

/// A number, to the right.
pub fn number(value: impl ToString) -> Cell {
    Cell::new(value).set_alignment(CellAlignment::Right)
}

/// Whether standard output wants colours.
pub fn colored() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
}
