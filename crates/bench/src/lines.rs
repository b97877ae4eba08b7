//! What the page says, line by line: the goals of this build stand here and nowhere else.

use crate::report::Goal::{AtLeast, AtMost, RatioAtLeast, RatioAtMost, Told};
use crate::report::Line;
use crate::report::Unit::{Mebibytes, Megabytes, Milliseconds, PerSecond, Seconds, Times};

pub(crate) const LINES: &[Line] = &[
    Line {
        what: "sign-ins, everything included, all cores",
        unit: PerSecond,
        ours: "sign-ins",
        limit: Some(("argon2", "raw Argon2id")),
        goal: RatioAtLeast(0.9),
    },
    Line {
        what: "sign-ins, from one core to all",
        unit: Times,
        ours: "sign-ins scaling",
        limit: Some(("argon2 scaling", "raw Argon2id")),
        goal: RatioAtLeast(0.95),
    },
    Line {
        what: "answers of passkeys checked, one thread",
        unit: PerSecond,
        ours: "assertions",
        limit: Some(("raw p256", "raw P-256 signatures, the same library")),
        goal: RatioAtLeast(0.5),
    },
    Line { what: "session checks, 16 clients", unit: PerSecond, ours: "checks", limit: None, goal: AtLeast(25_000.0) },
    Line {
        what: "session checks for each core-second of the server",
        unit: PerSecond,
        ours: "checks a core-second",
        limit: Some(("bare checks a core-second", "bare axum and SQLite")),
        goal: RatioAtLeast(0.5),
    },
    Line { what: "a session check at rest, p50", unit: Milliseconds, ours: "check p50", limit: None, goal: Told },
    Line {
        what: "a session check while sign-ins take the machine, p99",
        unit: Milliseconds,
        ours: "check p99 busy",
        limit: Some(("check p99", "at rest")),
        goal: RatioAtMost(5.0),
    },
    Line {
        what: "durable event over HTTP, 1 client",
        unit: PerSecond,
        ours: "event one client",
        limit: Some(("raw one", "raw SQLite, one row a commit")),
        goal: RatioAtLeast(0.65),
    },
    Line {
        what: "the same beside a server that does nothing else",
        unit: PerSecond,
        ours: "event one client",
        limit: Some(("bare one", "bare axum and SQLite, one row a commit")),
        goal: Told,
    },
    Line {
        what: "what HTTP alone leaves of raw commits, 1 client",
        unit: PerSecond,
        ours: "bare one",
        limit: Some(("raw one", "raw SQLite, one row a commit")),
        goal: Told,
    },
    Line {
        what: "durable event over HTTP, 64 clients",
        unit: PerSecond,
        ours: "event many clients",
        limit: Some(("raw one", "raw SQLite, one row a commit")),
        goal: RatioAtLeast(2.0),
    },
    Line {
        what: "session checks by the exchange's backend, local key, 16 clients",
        unit: PerSecond,
        ours: "local checks",
        limit: None,
        goal: AtLeast(20_000.0),
    },
    Line {
        what: "the same, each request signed",
        unit: PerSecond,
        ours: "signed checks",
        limit: None,
        goal: AtLeast(8_000.0),
    },
    Line {
        what: "deposits reported by the backend, durable, a hundred a request, 4 clients",
        unit: PerSecond,
        ours: "reports",
        limit: None,
        goal: AtLeast(2_000.0),
    },
    page("from a freeze to the backend that waits for the feed, mail down, p50", "freeze to feed p50"),
    Line { what: "the same, p99", unit: Milliseconds, ours: "freeze to feed p99", limit: None, goal: AtMost(1000.0) },
    Line {
        what: "an action of three statements inside the process, one at a time",
        unit: PerSecond,
        ours: "action alone",
        limit: Some(("raw one", "raw SQLite, one row a commit")),
        goal: Told,
    },
    Line {
        what: "the same, 64 under way",
        unit: PerSecond,
        ours: "action grouped",
        limit: Some(("raw grouped", "raw SQLite, 64 rows a commit")),
        goal: Told,
    },
    page("from an event to the mail server's yes, the site busy, p50", "hand-off p50"),
    page("the same, p99", "hand-off p99"),
    Line {
        what: "a backlog of 10⁵ letters handed to a mail server",
        unit: PerSecond,
        ours: "backlog",
        limit: None,
        goal: AtLeast(100.0),
    },
    page("newest page of activity, SQLite, 10² entries, p99", "sqlite few p99"),
    page("the same, 10⁵ entries", "sqlite many p99"),
    Line {
        what: "the same, 10⁷ entries",
        unit: Milliseconds,
        ours: "sqlite most p99",
        limit: Some(("bare most p99", "the bare query")),
        goal: RatioAtMost(2.0),
    },
    Line {
        what: "the same, 10⁷ entries, p50",
        unit: Milliseconds,
        ours: "sqlite most p50",
        limit: Some(("bare most p50", "the bare query")),
        goal: Told,
    },
    page("newest page of activity, PostgreSQL, 10² entries, p99", "postgres few p99"),
    page("the same, 10⁵ entries", "postgres many p99"),
    Line {
        what: "the same, 10⁷ entries",
        unit: Milliseconds,
        ours: "postgres most p99",
        limit: None,
        goal: AtMost(10.0),
    },
    page("the same, 10⁷ entries, p50", "postgres most p50"),
    on_nodes("sign-ins on PostgreSQL, 1 node", "nodes 1 sign-ins", ARGON2),
    on_nodes("the same, 2 nodes", "nodes 2 sign-ins", ARGON2),
    on_nodes("the same, 4 nodes", "nodes 4 sign-ins", ARGON2),
    on_nodes("session checks on PostgreSQL, 16 clients, 1 node", "nodes 1 checks", RAW_CHECKS),
    on_nodes("the same, 2 nodes", "nodes 2 checks", RAW_CHECKS),
    on_nodes("the same, 4 nodes", "nodes 4 checks", RAW_CHECKS),
    on_nodes("durable events on PostgreSQL over HTTP, 32 clients, 1 node", "nodes 1 events", RAW_COMMITS),
    on_nodes("the same, 2 nodes", "nodes 2 events", RAW_COMMITS),
    on_nodes("the same, 4 nodes", "nodes 4 events", RAW_COMMITS),
    Line { what: "memory, idle", unit: Mebibytes, ours: "idle", limit: None, goal: AtMost(30.0) },
    Line {
        what: "memory under sign-ins and checks, above idle, two hashing slots",
        unit: Mebibytes,
        ours: "loaded above idle",
        limit: None,
        goal: AtMost(58.0),
    },
    Line {
        what: "start to first answer, 10⁶ accounts", unit: Seconds, ours: "start", limit: None, goal: AtMost(0.15)
    },
    Line { what: "binary", unit: Megabytes, ours: "binary", limit: None, goal: AtMost(40.0) },
];

const fn page(what: &'static str, ours: &'static str) -> Line {
    Line { what, unit: Milliseconds, ours, limit: None, goal: Told }
}

const ARGON2: (&str, &str) = ("nodes argon2", "raw Argon2id");
const RAW_CHECKS: (&str, &str) = ("raw postgres checks", "the bare query, 16 connections");
const RAW_COMMITS: (&str, &str) = ("raw postgres commits", "one row a commit, 32 connections");

const fn on_nodes(what: &'static str, ours: &'static str, limit: (&'static str, &'static str)) -> Line {
    Line { what, unit: PerSecond, ours, limit: Some(limit), goal: Told }
}

pub(crate) const NOTES: &[&str] = &[
    "The product is `countersign serve` in a process of its own, on SQLite with 10⁶ accounts, sending its letters to a \
     mail server that takes them all.",
    "A sign-in is `POST /api/v1/sign-in` on a known device by one of 64 customers who want a letter about each, from 8 \
     clients. Raw Argon2id hashes with the same settings and one block of memory for each thread, used again.",
    "A session check is `GET /api/v1/session` with one of 10⁵ secrets by chance. The bare server does one SHA-256 and \
     reads a session joined to its account.",
    "A durable event is a sign-out: it ends a session and writes an entry, in a commit that is synced before the answer. \
     The raw limit writes one row of the same size with `synchronous=FULL`; the bare server does just that for each request, \
     on the thread that answers.",
    "The backend checks by `GET /api/v1/service/session`; signed requests are signed before the clock starts and each is good once. \
     Each deposit writes an entry, an item of the inbox and a letter, on 5·10⁴ accounts; the letters go out meanwhile.",
    "A freeze is `POST /api/v1/freeze`, 200 one after the other, each of another customer; its time is from the request until the answer of \
     `GET /api/v1/service/feed?wait=25` on another connection was read, from a product whose mail server does not answer.",
    "A letter's time is from the beginning of the change that caused it until the 250 of a mail server that takes all of them \
     was read, as the rows say, under 8 clients signing in and 16 checking sessions. The backlog was queued while nothing \
     was handed over, on 10⁴ accounts, and is measured once, from the first answer of the started product to the last \
     letter.",
    "Pages of activity are read inside the process, 4000 by chance one after another, from histories of 100 entries \
     each; the largest file in turns with the bare query, page for page. In PostgreSQL the entries were written in the order of time.",
    "Nodes are processes of their own on one PostgreSQL, which syncs every commit, with as many clients in all however many \
     nodes there are. They, the server and the load share this machine's cores, so more nodes cannot do more here: the \
     lines show what it costs that there are several, and not what several machines would do.",
    "Start is from the start of the process to the first 200 of `/readyz`, on a warm file cache.",
    "Letters under kills are counted apart, by `cargo xtask soak` (23 November 2026): 10⁶ events acknowledged, 100 `kill -9` at \
     random, 10⁶ letters, none lost, none invented, 130 copies more, each with its connection broken between DATA and 250; \
     13 minutes.",
];
