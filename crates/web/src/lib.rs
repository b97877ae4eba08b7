//! The doors: web pages for customers, and the JSON API.

pub mod pages;
