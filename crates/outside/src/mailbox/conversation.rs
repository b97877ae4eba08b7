//! The receiving side of SMTP (RFC 5321): small, strict about line ends, bounded everywhere.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};

/// Most bytes of a letter.
pub(super) const LETTER_BYTES_MAX: usize = 1 << 20;

/// Most bytes of a line, its end included (RFC 5321, 4.5.3.1.6). Commands get as much: addresses in other scripts are
/// long.
const LINE_BYTES_MAX: usize = 1000;

/// Most recipients of one letter.
const RECIPIENTS_MAX: usize = 10;

/// A client that is refused this often is told to go.
const MISTAKES_MAX: u32 = 20;

/// A client that is silent for this long is told to go (RFC 5321, 4.5.3.2).
const SILENCE: Duration = Duration::from_mins(5);

/// Who sent a letter and who it is for, as the conversation said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Envelope {
    /// The sender; empty for a bounce.
    pub(super) from: String,
    /// The recipients.
    pub(super) to: Vec<String>,
}

/// Where letters go once they are complete; answers the letter's number.
type Take<'a> = &'a (dyn Fn(Envelope, Vec<u8>) -> u64 + Sync);

/// Holds one conversation to its end.
pub(super) async fn hold(
    reader: impl AsyncRead + Unpin,
    mut writer: impl AsyncWrite + Unpin,
    take: Take<'_>,
) -> io::Result<()> {
    let mut reader = BufReader::new(reader);
    let mut state = State::default();
    say(&mut writer, "220 localhost ready").await?;
    loop {
        let Ok(line) = tokio::time::timeout(SILENCE, read_line(&mut reader)).await else {
            return say(&mut writer, "421 silent for too long").await;
        };
        let answer = match line? {
            Line::End => return Ok(()),
            Line::TooLong => Answer::no("500 line too long"),
            Line::Malformed => Answer::no("500 a line ends with CR LF"),
            Line::Whole(line) => match String::from_utf8(line) {
                Ok(command) => state.obey(&command),
                Err(_) => Answer::no("500 not UTF-8"),
            },
        };
        if answer.refused {
            state.mistakes += 1;
        }
        if state.mistakes > MISTAKES_MAX {
            return say(&mut writer, "421 too many mistakes").await;
        }
        say(&mut writer, answer.text).await?;
        match answer.then {
            Then::Listen => {}
            Then::Leave => return Ok(()),
            Then::TakeLetter => {
                let envelope = state.envelope.take().unwrap_or_default();
                let Ok(letter) = tokio::time::timeout(SILENCE, read_letter(&mut reader)).await else {
                    return say(&mut writer, "421 silent for too long").await;
                };
                match letter? {
                    Letter::End => return Ok(()),
                    Letter::Refused(why) => say(&mut writer, why).await?,
                    Letter::Whole(raw) => {
                        let id = take(envelope, raw);
                        say(&mut writer, &format!("250 kept as letter {id}")).await?;
                    }
                }
            }
        }
    }
}

/// Answers a client for whom there is no place.
pub(super) async fn turn_away(mut writer: impl AsyncWrite + Unpin) -> io::Result<()> {
    say(&mut writer, "421 too many conversations, come back later").await
}

async fn say(writer: &mut (impl AsyncWrite + Unpin), text: &str) -> io::Result<()> {
    writer.write_all(format!("{text}\r\n").as_bytes()).await?;
    writer.flush().await
}

/// What a command led to.
struct Answer {
    text: &'static str,
    refused: bool,
    then: Then,
}

enum Then {
    Listen,
    Leave,
    TakeLetter,
}

impl Answer {
    fn yes(text: &'static str) -> Self {
        Self { text, refused: false, then: Then::Listen }
    }

    fn no(text: &'static str) -> Self {
        Self { text, refused: true, then: Then::Listen }
    }
}

/// What has been said so far.
#[derive(Default)]
struct State {
    greeted: bool,
    envelope: Option<Envelope>,
    mistakes: u32,
}

impl State {
    fn obey(&mut self, command: &str) -> Answer {
        let (verb, rest) = command.split_once(' ').unwrap_or((command, ""));
        let rest = rest.trim();
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" | "HELO" if rest.is_empty() => Answer::no("501 say who you are"),
            "EHLO" => self.greet("250-localhost\r\n250-SIZE 1048576\r\n250-8BITMIME\r\n250-PIPELINING\r\n250 SMTPUTF8"),
            "HELO" => self.greet("250 localhost"),
            "MAIL" => self.mail(rest),
            "RCPT" => self.recipient(rest),
            "DATA" => match &self.envelope {
                Some(envelope) if !envelope.to.is_empty() => {
                    Answer { text: "354 end with a dot on a line of its own", refused: false, then: Then::TakeLetter }
                }
                _ => Answer::no("503 who is it for?"),
            },
            "RSET" => {
                self.envelope = None;
                Answer::yes("250 forgotten")
            }
            "NOOP" => Answer::yes("250 here"),
            "VRFY" => Answer::yes("252 try it"),
            "QUIT" => Answer { text: "221 goodbye", refused: false, then: Then::Leave },
            "STARTTLS" | "AUTH" | "EXPN" | "HELP" | "TURN" => Answer::no("502 not here"),
            _ => Answer::no("500 unknown command"),
        }
    }

    fn greet(&mut self, text: &'static str) -> Answer {
        self.greeted = true;
        self.envelope = None;
        Answer::yes(text)
    }

    fn mail(&mut self, rest: &str) -> Answer {
        if !self.greeted {
            return Answer::no("503 say who you are first");
        }
        if self.envelope.is_some() {
            return Answer::no("503 one letter at a time");
        }
        let Some((from, parameters)) = path(rest, "FROM:") else { return Answer::no("501 MAIL FROM:<address>") };
        for parameter in parameters.split_ascii_whitespace() {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match name.to_ascii_uppercase().as_str() {
                "SIZE" if value.parse::<usize>().is_ok_and(|bytes| bytes > LETTER_BYTES_MAX) => {
                    return Answer::no("552 too large");
                }
                "SIZE" | "BODY" | "SMTPUTF8" => {}
                _ => return Answer::no("555 unknown parameter"),
            }
        }
        self.envelope = Some(Envelope { from: from.to_owned(), to: Vec::new() });
        Answer::yes("250 sender noted")
    }

    fn recipient(&mut self, rest: &str) -> Answer {
        let Some(envelope) = &mut self.envelope else { return Answer::no("503 who sends it?") };
        match path(rest, "TO:") {
            Some((to, "")) if to.contains('@') => {
                if envelope.to.len() == RECIPIENTS_MAX {
                    return Answer::no("452 too many recipients");
                }
                envelope.to.push(to.to_owned());
                Answer::yes("250 recipient noted")
            }
            Some((_, "")) | None => Answer::no("501 RCPT TO:<address>"),
            Some(_) => Answer::no("555 unknown parameter"),
        }
    }
}

/// The address in `FROM:<address> parameters`, and the parameters.
fn path<'a>(rest: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let (given, rest) = rest.split_at_checked(word.len())?;
    let rest = rest.trim_start().strip_prefix('<').filter(|_| given.eq_ignore_ascii_case(word))?;
    let (address, parameters) = rest.split_once('>')?;
    let odd = address.contains(|c: char| c == '<' || c.is_whitespace() || c.is_control());
    (!odd).then_some((address, parameters.trim()))
}

enum Line {
    /// Without its end.
    Whole(Vec<u8>),
    TooLong,
    Malformed,
    End,
}

/// One line, of which at most [`LINE_BYTES_MAX`] bytes are held.
async fn read_line(reader: &mut (impl AsyncBufReadExt + Unpin)) -> io::Result<Line> {
    let mut line = Vec::new();
    let limit = LINE_BYTES_MAX as u64;
    reader.take(limit).read_until(b'\n', &mut line).await?;
    if line.is_empty() {
        return Ok(Line::End);
    }
    if line.last() != Some(&b'\n') {
        // Too long, or cut off by the client going away; either way the rest is thrown away in small pieces.
        let mut before = 0;
        while line.last() != Some(&b'\n') {
            before = line.last().copied().unwrap_or_default();
            line.clear();
            if reader.take(limit).read_until(b'\n', &mut line).await? == 0 {
                return Ok(Line::End);
            }
        }
        let proper = line.ends_with(b"\r\n") || (line == b"\n" && before == b'\r');
        return Ok(if proper { Line::TooLong } else { Line::Malformed });
    }
    line.pop();
    // A line feed or a carriage return by itself is read by some servers as a line end and by others not; a letter
    // could hide a second one behind that (SMTP smuggling).
    if line.pop() != Some(b'\r') || line.contains(&b'\r') { Ok(Line::Malformed) } else { Ok(Line::Whole(line)) }
}

enum Letter {
    Whole(Vec<u8>),
    Refused(&'static str),
    End,
}

/// The letter up to the final dot, which is read in any case so that the conversation can go on.
async fn read_letter(reader: &mut (impl AsyncBufReadExt + Unpin)) -> io::Result<Letter> {
    let mut raw = Vec::new();
    let mut refused = None;
    // The final dot stands between two proper line ends.
    let mut after_line_end = true;
    loop {
        let line = read_line(reader).await?;
        let may_be_final = std::mem::replace(&mut after_line_end, !matches!(line, Line::Malformed));
        match line {
            Line::End => return Ok(Letter::End),
            Line::TooLong => refused = refused.or(Some("554 a line is too long")),
            Line::Malformed => refused = refused.or(Some("554 a line ends with CR LF")),
            Line::Whole(line) if line == b"." && may_be_final => {
                return Ok(refused.map_or_else(|| Letter::Whole(raw), Letter::Refused));
            }
            Line::Whole(line) => {
                let line = line.strip_prefix(b".").unwrap_or(&line);
                if raw.len() + line.len() + 2 > LETTER_BYTES_MAX {
                    refused = refused.or(Some("552 too large"));
                }
                if refused.is_none() {
                    raw.extend_from_slice(line);
                    raw.extend_from_slice(b"\r\n");
                }
            }
        }
    }
}
