//! A world for tests: Countersign on a database of its own, a clock that stands still, chance from a seed, and a
//! carrier that keeps the letters.
//!
//! [`both!`] makes a test of each function, once on SQLite and once on PostgreSQL.

pub mod authenticator;
mod database;
mod post;
pub mod server;
pub mod transcript;
pub mod wire;
mod world;

pub use database::Database;
pub use post::Post;
pub use world::{PASSWORD, Person, World, act_link, code_in, freeze_link, refusal};

/// Makes two tests of each function: `name::sqlite` and `name::postgres`. Where no PostgreSQL is at hand
/// (`COUNTERSIGN_TEST_POSTGRES` is not set) the second says so and passes; `cargo xtask test` brings one.
#[macro_export]
macro_rules! both {
    ($($(#[$attribute:meta])* fn $name:ident($world:ident: World) $body:block)*) => {$(
        #[cfg(test)]
        mod $name {
            use super::*;

            fn story($world: $crate::World) $body

            $(#[$attribute])*
            #[test]
            fn sqlite() {
                story($crate::World::new($crate::Database::sqlite()));
            }

            $(#[$attribute])*
            #[test]
            fn postgres() {
                match $crate::Database::postgres() {
                    Some(database) => story($crate::World::new(database)),
                    None => println!("skipped: COUNTERSIGN_TEST_POSTGRES is not set"),
                }
            }
        }
    )*};
}
