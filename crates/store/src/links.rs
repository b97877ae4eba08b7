//! Rows of links.

use domain::clock::Time;
use domain::ids::{AccountId, LinkId};
use domain::links::{Link, Reads, Writes};
use domain::refusal::Fault;

use crate::statement::{Row, statements};
use crate::tx::Tx;

statements! {
    Told LINK_BY_ID = "SELECT id, account, purpose, epoch, made_at, expires_at, used_at FROM link WHERE id = $1";
    Told LINKS_OUTLIVING = "SELECT max(expires_at) FROM link WHERE expires_at > $1 AND made_at < $2";
    Told LINK_INSERT = "INSERT INTO link (id, account, purpose, epoch, made_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)";
    Told LINK_USE = "UPDATE link SET used_at = $4 WHERE id = $1 AND account = $2 AND used_at IS NULL AND expires_at > $4
        AND ((epoch = $3 AND $3 = (SELECT account.epoch FROM account WHERE account.id = $2)) OR $3 = -1)";
}

fn link(row: &mut Row) -> Result<Link, Fault> {
    Ok(Link {
        id: LinkId::from_bytes(row.bytes()?),
        account: AccountId::from_bytes(row.bytes()?),
        purpose: serde_json::from_str(&row.text()?).map_err(Fault::broken)?,
        epoch: row.int()?,
        made_at: row.time()?,
        expires_at: row.time()?,
        used_at: row.time_or_null()?,
    })
}

impl Reads for Tx<'_> {
    fn link_by_id(&mut self, id: LinkId) -> Result<Option<Link>, Fault> {
        self.read_one(&LINK_BY_ID, &[id.as_bytes().into()], link)
    }

    fn links_outliving(&mut self, now: Time, made_before: Time) -> Result<Option<Time>, Fault> {
        let values = [now.into(), made_before.into()];
        Ok(self.read_one(&LINKS_OUTLIVING, &values, |row| row.time_or_null())?.flatten())
    }
}

impl Writes for Tx<'_> {
    fn link_insert(&mut self, link: &Link) -> Result<(), Fault> {
        let purpose = serde_json::to_string(&link.purpose).map_err(Fault::broken)?;
        let values = [
            link.id.as_bytes().into(),
            link.account.as_bytes().into(),
            (&purpose).into(),
            link.epoch.into(),
            link.made_at.into(),
            link.expires_at.into(),
        ];
        self.write(&LINK_INSERT, &values).map(drop)
    }

    fn link_use(&mut self, account: AccountId, link: LinkId, epoch: Option<i64>, now: Time) -> Result<bool, Fault> {
        // Epochs count up from 0, so -1 stands for "in any epoch".
        let values = [link.as_bytes().into(), account.as_bytes().into(), epoch.unwrap_or(-1).into(), now.into()];
        Ok(self.write(&LINK_USE, &values)? == 1)
    }
}
