//! People using the pages, without script.

mod asking;
mod browser;
mod checkup;
mod forms;
mod money;
mod path;
mod recovery;
mod reset;
mod second_factors;
mod settings;
