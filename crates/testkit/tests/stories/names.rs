//! Names that customers give to their things, which stand in letters: also in those that a thief causes.

use domain::ids::{AccountId, DeviceId, FactorId};
use domain::protections::Sensitive;
use domain::refusal::{Refusal, Stop};
use domain::second_factors::passkeys;
use domain::{Change, second_factors, sessions};
use testkit::authenticator::Passkey;
use testkit::{both, refusal};

use crate::passkeys::{approve, makes};

type Naming = fn(&mut Change<'_>, AccountId, (FactorId, DeviceId), &str) -> Result<(), Stop>;

const KINDS: [(&str, Naming); 3] = [
    ("factor", |change, account, (factor, _), name| second_factors::name(change, account, factor, name)),
    ("passkey", |change, account, (factor, _), name| passkeys::rename(change, account, factor, name)),
    ("browser", |change, account, (_, device), name| sessions::name(change, account, device, name)),
];

both! {
    fn nothing_that_could_be_a_link_or_hides_something_is_a_name(world: World) {
        let (mira, mut session, mut key) = crate::passkeys::with_key(&world, "mira", 7);
        let (account, actor) = (session.account, mira.in_session(&session));
        let things = world.app.view(move |view| {
            let devices = sessions::devices(view, account)?;
            Ok((second_factors::list(view, account)?[0].id, devices[0].device.id))
        });
        let things = things.wait().unwrap();
        for (kind, naming) in KINDS {
            for unfit in ["write to evil.example", "https://x", "gnp\u{202e}.exe", "zero\u{200b}width"] {
                let named = world.app.change(&actor, move |change| naming(change, account, things, unfit)).wait();
                assert_eq!(refusal(named), Refusal::NameUnfit, "{kind}: {unfit:?}");
            }
            world.app.change(&actor, move |change| naming(change, account, things, "iPhone, iOS 17.2")).wait().unwrap();
        }
        // A new passkey too; the same answer of the browser is good with another name.
        approve(&world, (&mira, &mut session), Sensitive::AddPasskey, Some(&mut key)).unwrap();
        let made = makes(&world, (&mira, &session), &mut Passkey::synced(8));
        let actor = mira.in_session(&session);
        let refused = world.wait(passkeys::register(&world.app, &actor, &made, "www.evil.example"));
        assert_eq!(refusal(refused), Refusal::NameUnfit);
        world.wait(passkeys::register(&world.app, &actor, &made, "The grey one")).unwrap();
    }
}
