//! Contracts of storage.
