//! A progress bar that is drawn through the verb's printer.

use std::io;

use hedgerow_app::ImportProgress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use crate::printer::Printer;

const TEMPLATE: &str = "{bar:30} {bytes}/{total_bytes} {msg} {eta}";
const TEMPLATE_OF_EVENTS: &str = "{bar:30} {human_pos}/{human_len} events {eta}";

/// A bar; hidden where nobody watches.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// A bar of bytes that are read.
    pub(super) fn new(printer: &Printer) -> Self {
        Self::with(printer, TEMPLATE)
    }

    /// A bar of events.
    pub(super) fn of_events(printer: &Printer) -> Self {
        Self::with(printer, TEMPLATE_OF_EVENTS)
    }

    fn with(printer: &Printer, template: &str) -> Self {
        let bar = if printer.err_is_terminal() {
            let target = ProgressDrawTarget::term_like_with_hz(Box::new(Terminal(printer.clone())), 10);
            ProgressBar::with_draw_target(Some(0), target)
        } else {
            ProgressBar::hidden()
        };
        // The default style is as good where the template should be wrong.
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        Self(bar.with_style(style))
    }

    pub(super) fn update(&self, progress: ImportProgress) {
        self.0.set_length(progress.bytes_total.max(progress.bytes_read));
        self.0.set_position(progress.bytes_read);
        self.0.set_message(format!(
            "{} events",
            crate::number::grouped_integer(progress.events_added)
        ));
    }

    pub(super) fn set(&self, done: u64, total: u64) {
        self.0.set_length(total);
        self.0.set_position(done);
    }

    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

/// The printer's second stream as a terminal.
#[derive(Debug)]
struct Terminal(Printer);

impl Terminal {
    fn move_cursor(&self, n: usize, direction: char) -> io::Result<()> {
        if n == 0 {
            Ok(())
        } else {
            self.0.control(&format!("\u{1b}[{n}{direction}"))
        }
    }
}

impl TermLike for Terminal {
    fn width(&self) -> u16 {
        self.0.width()
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'A')
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'B')
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'C')
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'D')
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.0.control(&format!("{text}\n"))
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.0.control(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.0.control("\r\u{1b}[2K")
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}
