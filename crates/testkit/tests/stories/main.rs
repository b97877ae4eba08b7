//! Stories: people doing things on a fixed day, on both databases.

mod activity;
mod addresses;
mod browsers;
mod changes;
mod checkup;
mod freeze;
mod letters;
mod lost;
mod opening;
mod passkeys;
mod passkeys_back_in;
mod passwords;
mod phones;
mod repeats;
mod reset;
mod second_factors;
mod second_step;
mod sessions;
mod sign_in;
mod sms_codes;
mod sms_codes_attacked;
mod thaw;
mod told;
mod unusual_places;
mod waits;
mod whole_days;
