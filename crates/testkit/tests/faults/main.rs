//! Bad days: processes killed, disks that fail or are full, mail and databases that go away. Where a real process has
//! to die, this test program starts itself again: see [`machine`].

#[cfg(test)]
mod check;
#[cfg(test)]
mod disk;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod machine;
#[cfg(test)]
mod mail;
#[cfg(test)]
mod postfix;
#[cfg(test)]
mod postgres;
#[cfg(test)]
mod soak;
