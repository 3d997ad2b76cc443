//! A model of what the program has on the screen, to paint back what the overlay covered.

use std::fmt::Write as _;
use std::num::NonZeroU16;

use ringfence_policy::spec::TerminalSize;

use super::modes::Modes;

/// The model. Fed with filtered output only.
///
/// It is exact for what is on the alternate screen. Blinking, struck-out and oddly underlined text and hyperlinks are
/// not modelled: where the overlay covered them, they come back plain.
pub struct Screen {
    parser: vt100::Parser,
}

/// Part of the screen, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// First row.
    pub row: u16,
    /// First column.
    pub col: u16,
    /// Rows.
    pub rows: u16,
    /// Columns.
    pub cols: u16,
}

impl std::fmt::Debug for Screen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Screen").finish_non_exhaustive()
    }
}

fn at_least_one(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap_or(NonZeroU16::MIN)
}

impl Screen {
    /// An empty screen.
    pub fn new(size: TerminalSize) -> Self {
        Self {
            parser: vt100::Parser::new(at_least_one(size.rows), at_least_one(size.cols), 0),
        }
    }

    /// What the program printed.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.parser.process(bytes);
    }

    /// The terminal has another size now.
    pub fn resize(&mut self, size: TerminalSize) {
        self.parser
            .set_size(at_least_one(size.rows), at_least_one(size.cols));
    }

    /// Size of the model.
    pub fn size(&self) -> TerminalSize {
        let (rows, cols) = self.parser.screen().size();
        TerminalSize {
            rows: rows.get(),
            cols: cols.get(),
        }
    }

    /// The text on it, for tests and diagnosis.
    pub fn text(&self) -> String {
        self.parser.screen().contents()
    }

    /// Sequences that paint the area as the program left it. Cursor and colours are undefined afterwards; see [`Screen::settle`].
    pub fn paint(&self, area: Area) -> String {
        let mut out = String::new();
        let size = self.size();
        for row in area.row..area.row.saturating_add(area.rows).min(size.rows) {
            let mut first = area.col;
            let mut end = area.col.saturating_add(area.cols).min(size.cols);
            // Half a wide character can't be painted, and the overlay's edge has destroyed the other half.
            if first > 0
                && self
                    .cell(row, first)
                    .is_some_and(vt100::Cell::is_wide_continuation)
            {
                first -= 1;
            }
            if end < size.cols
                && self
                    .cell(row, end)
                    .is_some_and(vt100::Cell::is_wide_continuation)
            {
                end += 1;
            }
            let _ = write!(out, "\x1b[{};{}H", row + 1, first + 1);
            let mut style = None;
            let blank = self.blank_from(row).filter(|blank| *blank < end);
            for col in first..blank.unwrap_or(end) {
                self.paint_cell(row, col, &mut style, &mut out);
            }
            if let Some(cell) = blank.and_then(|blank| self.cell(row, blank.max(first))) {
                let _ = write!(out, "{}\x1b[K", style_of(cell));
            }
        }
        out
    }

    /// Where the erased end of a row begins, if it is in one style; erasing to the end of the line restores it.
    fn blank_from(&self, row: u16) -> Option<u16> {
        let last = self.size().cols.checked_sub(1)?;
        let style = style_of(self.cell(row, last)?);
        let erased = |col: &u16| {
            self.cell(row, *col).is_some_and(|c| {
                !c.has_contents() && !c.is_wide_continuation() && style_of(c) == style
            })
        };
        (0..=last).rev().take_while(erased).last()
    }

    fn cell(&self, row: u16, col: u16) -> Option<&vt100::Cell> {
        self.parser.screen().cell(row, col)
    }

    fn paint_cell(&self, row: u16, col: u16, style: &mut Option<String>, out: &mut String) {
        let Some(cell) = self.cell(row, col).filter(|c| !c.is_wide_continuation()) else {
            return;
        };
        let wanted = style_of(cell);
        if style.as_ref() != Some(&wanted) {
            out.push_str(&wanted);
            *style = Some(wanted);
        }
        if cell.has_contents() {
            out.push_str(cell.contents());
        } else {
            // Erased, not a space: it matters for selecting and reflowing.
            out.push_str("\x1b[X\x1b[C");
        }
    }

    /// Sequences that put cursor, colours and origin mode back to where the program has them.
    pub fn settle(&self, modes: &Modes) -> String {
        let screen = self.parser.screen();
        let size = self.size();
        let (row, col) = screen.cursor_position();
        let mut out = String::new();
        let mut target = row;
        if let Some(top) = modes.origin() {
            out.push_str("\x1b[?6h");
            target = row.saturating_sub(top);
        }
        if col >= size.cols {
            // The cursor hangs behind the last column: only printing there again brings it back.
            let mut last = size.cols.saturating_sub(1);
            if last > 0
                && self
                    .cell(row, last)
                    .is_some_and(vt100::Cell::is_wide_continuation)
            {
                last -= 1;
            }
            let _ = write!(out, "\x1b[{};{}H", target + 1, last + 1);
            match self.cell(row, last) {
                Some(cell) if !cell.has_contents() => {
                    let _ = write!(out, "{} ", style_of(cell));
                }
                _ => self.paint_cell(row, last, &mut None, &mut out),
            }
        } else {
            let _ = write!(out, "\x1b[{};{}H", target + 1, col + 1);
        }
        out.push_str(&self.attributes());
        out
    }

    /// Sequences that set the colours the program draws with now.
    pub fn attributes(&self) -> String {
        self.parser.screen().attributes_formatted()
    }
}

fn style_of(cell: &vt100::Cell) -> String {
    let mut out = "\x1b[0".to_owned();
    for (on, code) in [
        (cell.bold(), ";1"),
        (cell.dim(), ";2"),
        (cell.italic(), ";3"),
        (cell.underline(), ";4"),
        (cell.inverse(), ";7"),
    ] {
        if on {
            out.push_str(code);
        }
    }
    for (color, base) in [(cell.fgcolor(), 38), (cell.bgcolor(), 48)] {
        let _ = match color {
            vt100::Color::Default => Ok(()),
            // The first sixteen in their own codes: a terminal may tell bold red from bright red by them.
            vt100::Color::Idx(i @ 0..=7) => write!(out, ";{}", base - 8 + i16::from(i)),
            vt100::Color::Idx(i @ 8..=15) => write!(out, ";{}", base + 52 + i16::from(i) - 8),
            vt100::Color::Idx(i) => write!(out, ";{base};5;{i}"),
            vt100::Color::Rgb(r, g, b) => write!(out, ";{base};2;{r};{g};{b}"),
        };
    }
    out.push('m');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::filter::Filter;
    use proptest::prelude::*;

    const SIZE: TerminalSize = TerminalSize { rows: 12, cols: 30 };

    fn same(a: &Screen, b: &Screen) {
        let (a, b) = (a.parser.screen(), b.parser.screen());
        assert_eq!(a.contents_formatted(), b.contents_formatted());
        assert_eq!(a.cursor_position(), b.cursor_position());
        assert_eq!(a.attributes_formatted(), b.attributes_formatted());
    }

    /// Draws over the area and paints it back; the other model stands for the person's terminal.
    fn cover_and_restore(program: &[u8], area: Area) {
        let mut filter = Filter::default();
        let mut passed = Vec::new();
        filter.feed(program, &mut passed);
        let mut model = Screen::new(SIZE);
        model.feed(&passed);
        let mut terminal = Screen::new(SIZE);
        terminal.feed(&passed);
        terminal.feed(filter.modes().suspend().as_bytes());
        for row in area.row..area.row + area.rows {
            let cover = "#".repeat(usize::from(area.cols));
            terminal.feed(format!("\x1b[{};{}H\x1b[0;7m{cover}", row + 1, area.col + 1).as_bytes());
        }
        terminal.feed(model.paint(area).as_bytes());
        terminal.feed(model.settle(filter.modes()).as_bytes());
        terminal.feed(filter.modes().resume().as_bytes());
        same(&model, &terminal);
    }

    #[test]
    fn paints_back_colours_wide_characters_and_the_cursor() {
        let text = "\x1b[?1049h\x1b[H\x1b[1;31mred\x1b[0m \x1b[38;5;200m漢字漢字漢字漢字\x1b[48;2;1;2;3m x\x1b[3;4Hend\x1b[97;104mbright";
        for col in 0..20 {
            cover_and_restore(
                text.as_bytes(),
                Area {
                    row: 0,
                    col,
                    rows: 5,
                    cols: 9,
                },
            );
        }
    }

    #[test]
    fn a_cursor_behind_the_last_column_stays_there() {
        let line = "x".repeat(30);
        cover_and_restore(
            format!("\x1b[?1049h\x1b[2;1H{line}").as_bytes(),
            Area {
                row: 0,
                col: 5,
                rows: 6,
                cols: 20,
            },
        );
    }

    #[test]
    fn origin_mode_and_margins_survive() {
        let text = "\x1b[?1049h\x1b[3;8r\x1b[?6h\x1b[2;2Hinside";
        cover_and_restore(
            text.as_bytes(),
            Area {
                row: 1,
                col: 0,
                rows: 8,
                cols: 25,
            },
        );
    }

    proptest! {
        #[test]
        fn whatever_was_drawn_comes_back(
            program in proptest::collection::vec(prop_oneof![
                "[a-z 漢é]{1,12}".prop_map(String::into_bytes),
                (1u16..14, 1u16..34).prop_map(|(r, c)| format!("\x1b[{r};{c}H").into_bytes()),
                (0u16..108).prop_map(|n| format!("\x1b[{n}m").into_bytes()),
                (0u16..256).prop_map(|n| format!("\x1b[38;5;{n}m").into_bytes()),
                Just(b"\r\n".to_vec()), Just(b"\x1b[K".to_vec()), Just(b"\x1b[L".to_vec()), Just(b"\x1b[3P".to_vec()),
            ], 0..60),
            row in 0u16..6, col in 0u16..15, rows in 1u16..6, cols in 1u16..15,
        ) {
            let program = [b"\x1b[?1049h".to_vec(), program.concat()].concat();
            let mut drawn = Screen::new(SIZE);
            drawn.feed(&program);
            let (at, behind) = drawn.parser.screen().cursor_position();
            // There a blank that can't be seen is left behind, which the comparison would find.
            prop_assume!(behind < SIZE.cols || drawn.cell(at, SIZE.cols - 1).is_some_and(vt100::Cell::has_contents));
            cover_and_restore(&program, Area { row, col, rows, cols });
        }

        #[test]
        fn no_output_breaks_the_model(
            program in proptest::collection::vec(any::<u8>(), 0..400), rows in 0u16..5, cols in 0u16..5,
        ) {
            let mut filter = Filter::default();
            let mut passed = Vec::new();
            filter.feed(&program, &mut passed);
            let mut model = Screen::new(TerminalSize { rows, cols });
            model.feed(&passed);
            model.resize(TerminalSize { rows: cols, cols: rows });
            model.feed(&passed);
        }
    }
}
