//! Letters by SMTP: one conversation for each letter, bounded as a whole, over connections that are kept.

mod bounce;
mod dkim;
mod implicit;
mod letter;
mod settings;
mod slowly;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::clock::Clock;
use domain::notifications::{Carrier, Fate, Letter};
use lettre::Address;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::{Error, response::Response};
use tokio::net::TcpStream;

use crate::apart::Apart;
use dkim::Signer;
use letter::{Unwritable, Written};
use settings::Encryption;
use slowly::Slowly;

pub use bounce::{Returned, returned};
pub use dkim::DkimRecord;
pub use letter::{Parts, parts};
pub use settings::{MailSettings, MailTls, Unfit};

/// A conversation that takes longer is broken off. A server that filters what it takes may need a while for its last
/// yes; one that holds us up must not hold up every letter behind this one.
const PATIENCE: Duration = Duration::from_secs(30);

/// Lines kept for the next letter; more are closed.
const KEPT: usize = 4;

/// Hands letters to the operator's mail server.
///
/// Its doors are synchronous, and inside each line has a small runtime of its own: lettre's blocking transport bounds each
/// read and write by itself, so a server that sends one byte now and then would hold it for hours. A conversation
/// as a future can be dropped at any point.
pub struct SmtpCarrier {
    server: Server,
    from: Mailbox,
    /// Where what cannot be delivered goes back to.
    bounces: Address,
    signer: Option<Signer>,
    clock: Arc<dyn Clock>,
    patience: Duration,
    idle: Mutex<Vec<Line>>,
}

/// A connection and the runtime that it lives on. One for both: whoever waits for the server's word is then woken by it, and
/// not by another thread that waits for everybody.
struct Line {
    connection: Option<AsyncSmtpConnection>,
    runtime: Apart,
}

impl Line {
    fn open() -> std::io::Result<Self> {
        Ok(Self { connection: None, runtime: Apart::start()? })
    }
}

/// How to reach the mail server.
struct Server {
    host: String,
    port: u16,
    hello: ClientId,
    encryption: Encryption,
    credentials: Option<Credentials>,
}

impl SmtpCarrier {
    /// A carrier to the mail server that the settings name. Nothing is connected before the first letter.
    pub fn new(settings: &MailSettings, clock: Arc<dyn Clock>) -> Result<Self, Unfit> {
        Self::patient(settings, clock, PATIENCE)
    }

    fn patient(settings: &MailSettings, clock: Arc<dyn Clock>, patience: Duration) -> Result<Self, Unfit> {
        let (from, bounces) = (settings.sender()?, settings.returns_to()?);
        let encryption = settings.encryption()?;
        let signer = settings.signer()?;
        let server = Server {
            host: settings.host.clone(),
            port: settings.port,
            // Not the name of this machine: the greeting ends up in headers that customers can read.
            hello: ClientId::Domain(from.domain().to_owned()),
            encryption,
            credentials: settings.credentials()?,
        };
        let idle = Mutex::new(vec![Line::open().map_err(Unfit::Machine)?]);
        let from = Mailbox::new(None, from);
        Ok(Self { server, from, bounces, signer, clock, patience, idle })
    }

    /// Hands one letter over, on the connection that was kept or on a new one, and keeps it if the server is still there.
    async fn hand_over(&self, kept: &mut Option<AsyncSmtpConnection>, written: &Written) -> Fate {
        if let Some(connection) = kept {
            let said = converse(connection, written).await;
            // One that was closed since its last letter took nothing of this one.
            if !said.as_ref().is_err_and(Trouble::came_too_late) {
                return settled(kept, said).await;
            }
        }
        match self.server.connect().await {
            Ok(connection) => {
                let said = converse(kept.insert(connection), written).await;
                settled(kept, said).await
            }
            Err(why) => {
                *kept = None;
                Fate::Later(why)
            }
        }
    }

    /// A letter ready to be handed over, or what becomes of one that cannot be: no mail server is asked then.
    fn write(&self, letter: &Letter) -> Result<Written, Fate> {
        let now = self.clock.now();
        let mut written = letter::write(letter, (&self.from, &self.bounces), now).map_err(Unwritable::fate)?;
        if let Some(signer) = &self.signer {
            let signed = signer.sign(&written.bytes, now);
            written.bytes = signed.ok_or_else(|| Fate::Later("the letter could not be signed".to_owned()))?;
        }
        Ok(written)
    }

    /// Runs a conversation on a line that is free, or on a new one.
    fn on_a_line(&self, converse: impl AsyncFnOnce(&mut Option<AsyncSmtpConnection>) -> Option<Fate>) -> Fate {
        let free = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut line = match free.map_or_else(Line::open, Ok) {
            Ok(line) => line,
            Err(why) => return Fate::Later(format!("the mail carrier cannot start: {why}")),
        };
        let Some(fate) = line.runtime.run(converse(&mut line.connection)) else {
            return Fate::Later(format!("no end within {:?}", self.patience));
        };
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(line);
        }
        fate
    }
}

/// What became of a letter. Its connection is good for the next one if the server says so.
async fn settled(kept: &mut Option<AsyncSmtpConnection>, said: Result<Response, Trouble>) -> Fate {
    let trouble = match said {
        Ok(response) => return Fate::Sent(tidy(response.message())),
        Err(trouble) => trouble,
    };
    let still_there = match kept {
        Some(connection) if trouble.answered() => connection.command(Rset).await.is_ok(),
        _ => false,
    };
    if !still_there {
        *kept = None;
    }
    trouble.fate()
}

impl Carrier for SmtpCarrier {
    fn carry(&self, letter: &Letter) -> Fate {
        let written = match self.write(letter) {
            Ok(written) => written,
            Err(fate) => {
                if let Fate::Later(why) | Fate::Refused(why) = &fate {
                    tracing::error!(
                        message_id = letter.message_id,
                        why,
                        "a letter cannot be written, so no mail server saw it"
                    );
                }
                return fate;
            }
        };
        // A letter that was taken on after we hung up goes out again with the same Message-ID.
        let fate =
            self.on_a_line(async |kept| tokio::time::timeout(self.patience, self.hand_over(kept, &written)).await.ok());
        if let Fate::Later(why) = &fate {
            tracing::warn!(
                message_id = letter.message_id,
                why,
                "the mail server did not take a letter; it will be tried again"
            );
        }
        fate
    }
}

impl Server {
    /// Connects, encrypts and signs in. With TLS configured nothing but the greeting travels in clear. An error is what an
    /// operator reads.
    async fn connect(&self) -> Result<AsyncSmtpConnection, String> {
        let stream = self.stream().await?;
        let stream: Box<dyn AsyncTokioStream> = match &self.encryption {
            Encryption::None => Box::new(stream),
            Encryption::Starttls(_) => Box::new(Slowly::new(stream)),
            Encryption::Implicit(implicit) => Box::new(implicit.secure(stream).await?),
        };
        let greeted = AsyncSmtpConnection::connect_with_transport(stream, &self.hello);
        let mut connection = greeted.await.map_err(|error| words(&error))?;
        if let Encryption::Starttls(parameters) = &self.encryption {
            // An error where the server does not offer it: never on without.
            connection.starttls(parameters.clone(), &self.hello).await.map_err(|error| words(&error))?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await.map_err(|error| words(&error))?;
        }
        Ok(connection)
    }

    /// A connection that sends what it is given at once. lettre gives a letter and its final dot one after the other, and the
    /// system would keep the dot until the other side has said that the letter came, which it does after 40 ms.
    async fn stream(&self) -> Result<TcpStream, String> {
        let connected = TcpStream::connect((self.host.as_str(), self.port)).await;
        connected.and_then(|stream| stream.set_nodelay(true).map(|()| stream)).map_err(|error| error.to_string())
    }
}

/// Hands one letter over. The answer is what the server said after the final dot.
async fn converse(connection: &mut AsyncSmtpConnection, written: &Written) -> Result<Response, Trouble> {
    let mut parameters = Vec::new();
    if written.needs_utf8() {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(Trouble::CannotSpellAddress);
        }
        parameters.push(MailParameter::SmtpUtfEight);
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let from = Mail::new(Some(written.from.clone()), parameters);
    connection.command(from).await.map_err(|error| Trouble::Said(Stage::Sender, error))?;
    let to = Rcpt::new(written.to.clone(), Vec::new());
    connection.command(to).await.map_err(|error| Trouble::Said(Stage::Recipient, error))?;
    connection.command(Data).await.map_err(|error| Trouble::Said(Stage::Recipient, error))?;
    connection.message(&written.bytes).await.map_err(|error| Trouble::Said(Stage::Letter, error))
}

/// Where in the conversation a no was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Greeting the sender: a no is about us, whoever the letter is for.
    Sender,
    /// Naming the recipient.
    Recipient,
    /// After the final dot.
    Letter,
}

/// Why a letter was not handed over.
#[derive(Debug)]
enum Trouble {
    /// The server said no, or nothing.
    Said(Stage, Error),
    /// The address has letters that this server does not take.
    CannotSpellAddress,
}

impl Trouble {
    /// Whether the server had hung up before it could take anything on: then the letter is said again on a new connection.
    fn came_too_late(&self) -> bool {
        !self.answered() && matches!(self, Self::Said(Stage::Sender | Stage::Recipient, _))
    }

    /// Whether the server is still there.
    fn answered(&self) -> bool {
        match self {
            Self::Said(_, error) => error.status().is_some_and(|code| u16::from(code) != 421),
            Self::CannotSpellAddress => true,
        }
    }

    fn fate(self) -> Fate {
        match self {
            Self::CannotSpellAddress => {
                Fate::Refused("the mail server takes only addresses in plain ASCII letters".to_owned())
            }
            Self::Said(stage, error) if error.is_permanent() && stage != Stage::Sender && !about_us(&error) => {
                Fate::Refused(words(&error))
            }
            Self::Said(_, error) => Fate::Later(words(&error)),
        }
    }
}

/// Whether a lasting no is about the conversation or our sign-in, not about this letter. The operator can mend that,
/// so the letter waits.
fn about_us(error: &Error) -> bool {
    error.status().is_some_and(|code| matches!(u16::from(code), 500 | 502..=504 | 530 | 534 | 535 | 538))
}

fn words(error: &Error) -> String {
    let source = std::error::Error::source(error).map(ToString::to_string);
    match (error.status(), source) {
        (Some(code), Some(said)) => tidy([format!("{code} {said}").as_str()].into_iter()),
        _ => tidy([error.to_string().as_str()].into_iter()),
    }
}

/// What a server said, as one line of bounded length: it ends up in the database and in logs.
fn tidy<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let line = lines.collect::<Vec<_>>().join(" ");
    line.chars().map(|c| if c.is_control() { ' ' } else { c }).take(400).collect::<String>().trim().to_owned()
}
