//! What holds for every statement and for the two schemas.

use testkit::Database;

use crate::dialect::Dialect;
use crate::{STATEMENTS, open};

#[test]
fn every_statement_is_prepared_by_sqlite() {
    let database = Database::sqlite();
    drop(open(database.url(), 1).unwrap());
    let connection = rusqlite::Connection::open(database.url().strip_prefix("sqlite:").unwrap()).unwrap();
    for (module, statements) in STATEMENTS {
        for statement in *statements {
            let prepared = connection.prepare(statement.rendered(Dialect::Sqlite));
            assert!(prepared.is_ok(), "{module} {}: {:?}", statement.name, prepared.err());
        }
    }
}

#[test]
fn every_statement_is_prepared_by_postgres_with_our_three_types() {
    let Some(database) = Database::postgres() else { return println!("skipped: COUNTERSIGN_TEST_POSTGRES is not set") };
    drop(open(database.url(), 1).unwrap());
    let mut client = postgres::Client::connect(database.url(), postgres::NoTls).unwrap();
    for (module, statements) in STATEMENTS {
        for statement in *statements {
            let prepared = client.prepare(statement.rendered(Dialect::Postgres));
            let prepared = prepared.unwrap_or_else(|error| panic!("{module} {}: {error:?}", statement.name));
            let columns = prepared.columns().iter().map(postgres::Column::type_);
            for kind in prepared.params().iter().chain(columns) {
                assert!(["int8", "text", "bytea"].contains(&kind.name()), "{module} {} has {kind}", statement.name);
            }
        }
    }
}

#[test]
fn both_schemas_have_the_same_tables_and_columns() {
    let Some(database) = Database::postgres() else { return println!("skipped: COUNTERSIGN_TEST_POSTGRES is not set") };
    drop(open(database.url(), 1).unwrap());
    let mut client = postgres::Client::connect(database.url(), postgres::NoTls).unwrap();
    let text = "SELECT table_name::text, column_name::text, is_nullable::text FROM information_schema.columns
        WHERE table_schema = current_schema() ORDER BY 1, ordinal_position";
    let row = |row: &postgres::Row| (row.get(0), row.get(1), row.get::<_, String>(2) == "YES");
    let on_postgres: Vec<(String, String, bool)> = client.query(text, &[]).unwrap().iter().map(row).collect();

    let database = Database::sqlite();
    drop(open(database.url(), 1).unwrap());
    let connection = rusqlite::Connection::open(database.url().strip_prefix("sqlite:").unwrap()).unwrap();
    let text = "SELECT t.name, c.name, c.\"notnull\" FROM sqlite_schema t JOIN pragma_table_info(t.name) c
        WHERE t.type = 'table' ORDER BY t.name, c.cid";
    let mut prepared = connection.prepare(text).unwrap();
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)? == 0));
    let on_sqlite: Vec<(String, String, bool)> = prepared.query_map([], row).unwrap().map(Result::unwrap).collect();
    assert_eq!(on_sqlite, on_postgres);
}

#[test]
fn sqlite_is_built_for_many_threads() {
    let connection = rusqlite::Connection::open_in_memory().unwrap();
    let mut prepared = connection.prepare("PRAGMA compile_options").unwrap();
    let options: Vec<String> = prepared.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert!(options.iter().any(|option| option == "DEFAULT_MEMSTATUS=0"), "see decision 34: {options:?}");
    assert!(!options.iter().any(|option| option == "ENABLE_MEMORY_MANAGEMENT"), "see decision 34: {options:?}");
}

#[test]
fn no_statement_asks_the_database_for_time_or_chance() {
    for (module, statements) in STATEMENTS {
        for statement in *statements {
            let text = statement.text.to_lowercase();
            for word in ["now()", "random()", "current_timestamp", "datetime(", "strftime(", "gen_random"] {
                assert!(!text.contains(word), "{module} {} says {word}: hand it the time as a value", statement.name);
            }
        }
    }
}

/// The plan of a statement, on each database that is at hand. Tables of a test are too small for PostgreSQL to find an index
/// worth it, so it is told to.
fn plans(name: &str) -> Vec<String> {
    let mut named = STATEMENTS.iter().flat_map(|(_, statements)| statements.iter());
    let statement = named.find(|statement| statement.name == name).expect("there is such a statement");
    let database = Database::sqlite();
    drop(open(database.url(), 1).unwrap());
    let connection = rusqlite::Connection::open(database.url().strip_prefix("sqlite:").unwrap()).unwrap();
    let mut prepared =
        connection.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.rendered(Dialect::Sqlite))).unwrap();
    let values = vec![1; prepared.parameter_count()];
    let rows = prepared.query_map(rusqlite::params_from_iter(values), |row| row.get(3)).unwrap();
    let mut plans = vec![rows.map(Result::unwrap).collect::<Vec<String>>().join("; ")];
    if let Some(database) = Database::postgres() {
        drop(open(database.url(), 1).unwrap());
        let mut client = postgres::Client::connect(database.url(), postgres::NoTls).unwrap();
        client
            .batch_execute(
                "SET enable_seqscan = off; SET enable_bitmapscan = off; SET plan_cache_mode = force_generic_plan",
            )
            .unwrap();
        let text = statement.rendered(Dialect::Postgres);
        client.batch_execute(&format!("PREPARE planned AS {text}")).unwrap();
        let values = client.prepare(text).unwrap().params().iter().map(|_| "NULL").collect::<Vec<_>>().join(", ");
        let rows = client.query(&format!("EXPLAIN EXECUTE planned ({values})"), &[]).unwrap();
        plans.push(rows.iter().map(|row| row.get(0)).collect::<Vec<String>>().join("; "));
    }
    plans
}

#[test]
fn what_one_customer_reads_is_found_by_an_index_and_never_sorted() {
    for name in [
        "EVENTS_BEFORE",
        "EVENTS_AFTER",
        "EVENT_TIME",
        "EVENT_BY_SEQUENCE",
        "INBOX_BEFORE",
        "INBOX_HAS",
        "OUTBOX_NOTIFIED",
        "SMS_NEWEST_REPORT",
    ] {
        for plan in plans(name) {
            let whole = ["Seq Scan", "SCAN "].iter().any(|word| plan.contains(word));
            let sorted = ["Sort", "TEMP B-TREE"].iter().any(|word| plan.contains(word));
            let by_account = plan.contains("account=?") || plan.contains("account = $1");
            assert!(!whole && !sorted && by_account, "{name}: {plan}");
        }
    }
    // The few of one entry are sorted; they are found by the entry.
    for plan in plans("OUTBOX_OF_ENTRY") {
        let by_entry = plan.contains("account=? AND sequence=?") || plan.contains("account = $1) AND (sequence = $2)");
        assert!(by_entry, "{plan}");
    }
}

#[test]
fn a_lease_reads_its_index_in_order_and_sorts_no_backlog() {
    let leases = |dialect| {
        let named = STATEMENTS.iter().flat_map(|(_, statements)| statements.iter());
        let leases = named.filter(|statement| statement.name.starts_with("OUTBOX_LEASE"));
        leases.map(move |statement| statement.rendered(dialect))
    };
    let database = Database::sqlite();
    drop(open(database.url(), 1).unwrap());
    let connection = rusqlite::Connection::open(database.url().strip_prefix("sqlite:").unwrap()).unwrap();
    for text in leases(Dialect::Sqlite) {
        let mut prepared = connection.prepare(&format!("EXPLAIN QUERY PLAN {text}")).unwrap();
        let plan: Vec<String> =
            prepared.query_map([1, 1, 1, 1], |row| row.get(3)).unwrap().map(Result::unwrap).collect();
        let plan = plan.join("; ");
        assert!(plan.contains("_due (urgency=? AND due_at<?)") && !plan.contains("TEMP B-TREE FOR ORDER"), "{plan}");
    }
    let Some(database) = Database::postgres() else { return println!("skipped: COUNTERSIGN_TEST_POSTGRES is not set") };
    drop(open(database.url(), 1).unwrap());
    let mut client = postgres::Client::connect(database.url(), postgres::NoTls).unwrap();
    // Tables of a test are too small for any index to be worth it.
    client.batch_execute("SET enable_seqscan = off; SET enable_bitmapscan = off").unwrap();
    for text in leases(Dialect::Postgres) {
        let text = text.replace("$1", "1").replace("$2", "1").replace("$3", "8").replace("$4", "0");
        let rows = client.query(&format!("EXPLAIN {text}"), &[]).unwrap();
        let plan = rows.iter().map(|row| row.get(0)).collect::<Vec<String>>().join("; ");
        assert!(plan.contains("_due on outbox outbox_1") && !plan.contains("Sort"), "{plan}");
    }
}

#[test]
fn the_feed_and_what_is_on_its_way_are_read_by_their_indexes_and_never_sorted() {
    for (name, index) in [
        ("FEED_AFTER", "feed_by_position"),
        ("WEBHOOK_LEASE_FRESH", "webhook_fresh"),
        ("WEBHOOK_LEASE_AGAIN", "webhook_again"),
    ] {
        for plan in plans(name) {
            let sorted = ["Sort", "TEMP B-TREE FOR ORDER"].iter().any(|word| plan.contains(word));
            assert!(plan.contains(index) && !sorted, "{name}: {plan}");
        }
    }
}

#[test]
fn what_is_over_is_looked_for_by_an_index_and_never_by_reading_a_whole_table() {
    let of_retain = || {
        let (_, statements) = STATEMENTS.iter().find(|(module, _)| *module == "retain").unwrap();
        let walk = STATEMENTS.iter().flat_map(|(_, all)| all.iter()).filter(|one| one.name == "ACCOUNTS_AFTER");
        statements.iter().chain(walk)
    };
    // Which values are bound makes no difference to the plan.
    let with_values =
        |text: &str| (1..10).fold(text.to_owned(), |text, number| text.replace(&format!("?{number}"), "1"));
    let database = Database::sqlite();
    drop(open(database.url(), 1).unwrap());
    let connection = rusqlite::Connection::open(database.url().strip_prefix("sqlite:").unwrap()).unwrap();
    let tables: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for statement in of_retain() {
        let text = with_values(statement.rendered(Dialect::Sqlite));
        let mut prepared = connection.prepare(&format!("EXPLAIN QUERY PLAN {text}")).unwrap();
        let plan: Vec<String> = prepared.query_map([], |row| row.get(3)).unwrap().map(Result::unwrap).collect();
        let read_whole = |step: &String| {
            let mut words = step.split(' ');
            words.next() == Some("SCAN") && words.next().is_some_and(|what| tables.iter().any(|table| table == what))
        };
        assert!(!plan.iter().any(read_whole), "{}: {plan:?}", statement.name);
        assert!(!plan.concat().contains("TEMP B-TREE FOR ORDER"), "{}: {plan:?}", statement.name);
    }
}
