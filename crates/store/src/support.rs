//! Rows of support.

use domain::ids::{AccountId, CaseId};
use domain::refusal::Fault;
use domain::support::{Case, Reads, Writes};

use crate::statement::{Row, statements};
use crate::tx::Tx;

statements! {
    Told CASES = "SELECT id, account, reference, opened_at FROM support_case WHERE account = $1 ORDER BY id DESC";
    Told CASE_INSERT = "INSERT INTO support_case (account, id, reference, opened_at) VALUES ($1, $2, $3, $4)";
}

fn case(row: &mut Row) -> Result<Case, Fault> {
    Ok(Case {
        id: CaseId::from_bytes(row.bytes()?),
        account: AccountId::from_bytes(row.bytes()?),
        reference: row.text()?,
        opened_at: row.time()?,
    })
}

impl Reads for Tx<'_> {
    fn cases(&mut self, account: AccountId) -> Result<Vec<Case>, Fault> {
        self.read_all(&CASES, &[account.as_bytes().into()], case)
    }
}

impl Writes for Tx<'_> {
    fn case_insert(&mut self, case: &Case) -> Result<(), Fault> {
        let values = [
            case.account.as_bytes().into(),
            case.id.as_bytes().into(),
            (&case.reference).into(),
            case.opened_at.into(),
        ];
        self.write(&CASE_INSERT, &values).map(drop)
    }
}
