//! The built-in analyst: answers questions without a model.
//!
//! It is a [`ModelProvider`] that sees exactly what a model sees and drives the same loop: it looks
//! names up, asks typed queries and writes an answer with references. Its law: every content word
//! of the question is consumed by the parse or stands in the list of stop words; a leftover word
//! means that it asks or refuses. It keeps no state; each reply is made from the request alone.
//!
//! The way of a question: `follow_up` → `tokens` → `preamble`, `frames` → `sentences` → `spelling` → `chunks` (dates, measures,
//! values, comparisons, ...) → `parse` (conditions, measure, shape) → `plan` (typed queries) → `answer`.
//!
//! Words that come with a page's context for `make_filters` are no question but a wish for a list; `filters` reads them.
//! Words that begin with a verb and name a kind of object ("delete the flag ...") are a wish for a change; `commands`
//! reads them, and the calls that it makes wait for an approval. Words for the newest events or persons ("show the last
//! 5 ...") are read by `lists`. Questions about what people do one after another are read by `product_questions`.

mod analyst;
mod answer;
mod chunks;
mod commands;
mod comparisons;
mod conditions;
mod conversation;
mod cursor;
mod dates;
mod filters;
mod follow_up;
mod frames;
mod intent;
mod knowledge;
mod lexicon;
mod lists;
mod measures;
mod numerals;
mod pages;
mod parse;
mod parser;
mod period;
mod plan;
mod preamble;
mod product_questions;
mod refusal;
mod results;
mod sentences;
mod shapes;
mod spelling;
mod status_words;
mod stop_words;
mod tokens;
mod unknown;

pub use analyst::BuiltinAnalyst;

#[cfg(test)]
mod tests;
