//! Sensitive changes: asked for, then proved. The same two steps for every one of them.

use axum::response::IntoResponse;
use domain::Time;
use domain::approvals::{self, Given, Outcome, Shown};
use domain::ids::{ApprovalId, FactorId, TimerId};
use domain::protections::{Carried, Effect, Method, Sensitive};
use domain::repeats::Repeatable;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Answer, renewed, with_cookie};
use crate::answers::Problem;
use crate::forms::{Hidden, Json, Mistake, PathPart, Secret, TypedEmail, TypedPassword};
use crate::{Customer, Web};

/// A sensitive change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// Which.
    change: WantedChange,
    /// The factor to remove.
    #[schema(value_type = Option<String>, format = "uuid", max_length = 36)]
    factor: Option<FactorId>,
    /// The new e-mail address.
    email: Option<TypedEmail>,
    /// Days between asking to unlock and unlocking.
    #[schema(minimum = 1, maximum = 30)]
    days: Option<i64>,
    /// The wait to stop.
    #[schema(value_type = Option<String>, format = "uuid", max_length = 36)]
    timer: Option<TimerId>,
}

/// Which sensitive change.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum WantedChange {
    /// Setting up an authenticator app.
    AddApp,
    /// Registering a passkey.
    AddPasskey,
    /// New recovery codes.
    RenewRecoveryCodes,
    /// Removing an authenticator app or a passkey: takes `factor`.
    RemoveFactor,
    /// Signing in by passkey alone.
    PasskeyOnly,
    /// Allowing the password again beside passkeys.
    PasskeyOnlyOff,
    /// A code by SMS as the second step of signing in.
    SmsCodes,
    /// No code by SMS any more.
    SmsCodesOff,
    /// Another e-mail address: takes `email`.
    ChangeEmail,
    /// Locking the settings against every loosening: takes `days`.
    ArmLock,
    /// Unlocking the settings.
    Unlock,
    /// Unfreezing, proved by two factors that were three days old when it was frozen.
    Thaw,
    /// Unfreezing with what there is.
    ThawSlowly,
    /// Stopping what waits to unfreeze or to take the second factors off: takes `timer`.
    StopWait,
}

impl Wanted {
    fn sensitive(self) -> Result<Sensitive, Problem> {
        let missing = |field| Problem::mistake(&Mistake::missing(field));
        Ok(match self.change {
            WantedChange::AddApp => Sensitive::AddApp,
            WantedChange::AddPasskey => Sensitive::AddPasskey,
            WantedChange::RenewRecoveryCodes => Sensitive::RenewRecoveryCodes,
            WantedChange::RemoveFactor => {
                Sensitive::RemoveFactor { factor: self.factor.ok_or_else(|| missing("factor"))? }
            }
            WantedChange::PasskeyOnly => Sensitive::PasskeyOnly,
            WantedChange::PasskeyOnlyOff => Sensitive::PasskeyOnlyOff,
            WantedChange::SmsCodes => Sensitive::SmsCodes,
            WantedChange::SmsCodesOff => Sensitive::SmsCodesOff,
            WantedChange::ChangeEmail => {
                Sensitive::ChangeEmail { new: self.email.ok_or_else(|| missing("email"))?.into_string() }
            }
            WantedChange::ArmLock => Sensitive::ArmLock { days: self.days.ok_or_else(|| missing("days"))? },
            WantedChange::Unlock => Sensitive::Unlock,
            WantedChange::Thaw => Sensitive::Thaw,
            WantedChange::ThawSlowly => Sensitive::ThawSlowly,
            WantedChange::StopWait => Sensitive::StopWait { timer: self.timer.ok_or_else(|| missing("timer"))? },
        })
    }
}

/// A change that waits for its proof.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Asked {
    /// Its id.
    #[schema(value_type = String)]
    approval: ApprovalId,
    /// What will happen.
    effect: &'static str,
    /// The methods of which one is asked for next, the strongest first: `password`, `app`, `passkey`, `recovery_code`.
    methods: Vec<&'static str>,
    /// Until when it can be proved.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Time,
}

impl Repeatable for Asked {}

impl Asked {
    fn of(shown: &Shown) -> Self {
        Self {
            approval: shown.approval.id,
            effect: shown.approval.what.rule().effect,
            methods: codes(&shown.methods),
            expires_at: shown.approval.expires_at,
        }
    }
}

fn codes(methods: &[Method]) -> Vec<&'static str> {
    methods.iter().map(|method| method.code()).collect()
}

pub(crate) async fn ask(web: Web, customer: Customer, Json(wanted): Json<Wanted>) -> Answer<Asked> {
    let (account, session, what) = (customer.account(), customer.signed_in.session.id, wanted.sensitive()?);
    let action = move |change: &mut domain::Change<'_>| {
        let id = approvals::ask(change, session, &what)?;
        Ok(Asked::of(&approvals::show(&mut change.view(), account, session, id)?))
    };
    Ok(Json(web.app().act(&customer.actor(&web), action).await?))
}

pub(crate) async fn show(web: Web, customer: Customer, PathPart(id): PathPart<ApprovalId>) -> Answer<Asked> {
    let (account, session) = (customer.account(), customer.signed_in.session.id);
    Ok(Json(Asked::of(&web.app().view(move |view| approvals::show(view, account, session, id)).await?)))
}

/// A proof: the method, and what it takes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Proving {
    /// How.
    method: ProvingMethod,
    /// The password, as typed.
    password: Option<TypedPassword>,
    /// A code of the authenticator app, as typed.
    code: Option<Hidden<32>>,
    /// A recovery code, as typed.
    recovery_code: Option<Hidden<64>>,
    /// The answer of a passkey: a `PublicKeyCredential` as JSON text.
    assertion: Option<Hidden<8192>>,
}

/// How something is proved.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ProvingMethod {
    /// By the password: takes `password`.
    Password,
    /// By the authenticator app: takes `code`.
    App,
    /// By a recovery code: takes `recovery_code`.
    RecoveryCode,
    /// By a passkey: takes `assertion`.
    Passkey,
}

impl Proving {
    /// The same for the domain.
    pub(crate) fn given(&self) -> Result<Given, Mistake> {
        fn text<const MAX: usize>(given: Option<&Hidden<MAX>>, field: &str) -> Result<String, Mistake> {
            given.map(|given| given.reveal().to_owned()).ok_or_else(|| Mistake::missing(field))
        }
        Ok(match self.method {
            ProvingMethod::Password => Given::Password(text(self.password.as_ref(), "password")?),
            ProvingMethod::App => Given::Code(text(self.code.as_ref(), "code")?),
            ProvingMethod::RecoveryCode => Given::RecoveryCode(text(self.recovery_code.as_ref(), "recovery_code")?),
            ProvingMethod::Passkey => Given::Passkey(text(self.assertion.as_ref(), "assertion")?),
        })
    }
}

/// What a right proof led to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Proved {
    #[serde(flatten)]
    became: Became,
    /// The new secret of this session, for a program, where the change voided the earlier one.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_secret: Option<Secret>,
}

impl Repeatable for Proved {}

/// What became of the change.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub(crate) enum Became {
    /// One more proof is needed.
    More {
        /// The methods of which one is asked for next.
        methods: Vec<&'static str>,
    },
    /// It took effect.
    Effective,
    /// It waits.
    Waits {
        /// Stop it by this.
        #[schema(value_type = String)]
        timer: TimerId,
        /// What waits: what was asked for, or the same in a way that is over sooner and was asked for before.
        change: &'static str,
        /// The soonest it can take effect.
        #[schema(value_type = String, format = DateTime)]
        not_before: Time,
    },
    /// An authenticator app is to be set up, and confirmed by a code.
    SetUpApp {
        /// Which.
        #[schema(value_type = String)]
        factor: FactorId,
    },
    /// A passkey is to be registered.
    RegisterPasskey,
    /// New recovery codes, shown once.
    RecoveryCodes {
        /// The codes. The answer to a request that is sent again leaves them out: renew them.
        #[serde(skip_serializing_if = "Option::is_none")]
        codes: Option<Vec<String>>,
    },
    /// The letter in the new mailbox is to be opened.
    ConfirmEmail,
}

pub(crate) async fn prove(
    web: Web,
    customer: Customer,
    PathPart(id): PathPart<ApprovalId>,
    Json(proving): Json<Proving>,
) -> Result<impl IntoResponse, Problem> {
    let given = proving.given().map_err(|mistake| Problem::mistake(&mistake))?;
    let kept = |outcome: &Outcome| Proved { became: became(outcome, Codes::LeftOut), session_secret: None };
    let outcome = approvals::prove_once(web.app(), &customer.actor(&web), id, given, kept).await?;
    let became = became(&outcome, Codes::Shown);
    let fresh = if let Outcome::Proved { fresh, .. } = outcome { fresh } else { None };
    let (session_secret, cookie) = fresh.map_or((None, None), |fresh| renewed(&customer, fresh));
    Ok(with_cookie(cookie, Json(Proved { became, session_secret })))
}

/// Whether recovery codes are in the answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Codes {
    Shown,
    LeftOut,
}

fn became(outcome: &Outcome, shown: Codes) -> Became {
    let carried = match outcome {
        Outcome::More(methods) => return Became::More { methods: codes(methods) },
        Outcome::Proved { carried, .. } => carried,
    };
    match carried {
        Carried::Waits(waiting) => {
            Became::Waits { timer: waiting.timer, change: waiting.what.rule().code, not_before: waiting.soonest }
        }
        Carried::Out(Effect::Done) => Became::Effective,
        Carried::Out(Effect::SetUpApp(factor)) => Became::SetUpApp { factor: *factor },
        Carried::Out(Effect::RegisterPasskey) => Became::RegisterPasskey,
        Carried::Out(Effect::Codes(codes)) => {
            Became::RecoveryCodes { codes: (shown == Codes::Shown).then(|| codes.clone()) }
        }
        Carried::Out(Effect::ConfirmEmail) => Became::ConfirmEmail,
    }
}
