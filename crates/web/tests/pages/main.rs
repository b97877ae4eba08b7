//! People using the pages, without script.

mod browser;
mod forms;
mod path;
mod recovery;
mod reset;
mod second_factors;
mod settings;
