//! Mail servers that say what a test tells them to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// What a server says at each point where it can say no.
#[derive(Clone, Copy)]
pub(super) struct Script {
    pub(super) extensions: &'static [&'static str],
    pub(super) mail: &'static str,
    pub(super) rcpt: &'static str,
    pub(super) data: &'static str,
    /// After the final dot; `None` hangs up instead.
    pub(super) dot: Option<&'static str>,
}

/// A server that takes everything.
pub(super) const KIND: Script = Script {
    extensions: &["8BITMIME"],
    mail: "250 ok",
    rcpt: "250 ok",
    data: "354 go on",
    dot: Some("250 taken as 7"),
};

/// A running server: one line for each connection and each thing it was told, letters as one.
pub(super) struct Scripted {
    pub(super) port: u16,
    heard: Receiver<String>,
}

impl Scripted {
    /// Starts a server that holds this many conversations, one after another.
    pub(super) fn start(script: Script, conversations: usize) -> Self {
        Self::on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap(), script, conversations)
    }

    /// The same, on a socket that listens already.
    pub(super) fn on(listener: TcpListener, script: Script, conversations: usize) -> Self {
        let port = listener.local_addr().unwrap().port();
        let (teller, heard) = channel();
        thread::spawn(move || {
            for stream in listener.incoming().take(conversations) {
                let stream = stream.unwrap();
                let writer = stream.try_clone().unwrap();
                let tell = |line: &str| drop(teller.send(line.to_owned()));
                tell("connected");
                converse(BufReader::new(stream), writer, script, &tell);
            }
        });
        Self { port, heard }
    }

    /// All it heard until it had held its conversations.
    pub(super) fn heard(self) -> Vec<String> {
        self.heard.into_iter().collect()
    }
}

fn converse(mut reader: impl BufRead, mut writer: impl Write, script: Script, tell: &dyn Fn(&str)) {
    let mut say = |line: &str| writer.write_all(format!("{line}\r\n").as_bytes()).unwrap();
    say("220 test");
    let mut lines = String::new();
    loop {
        lines.clear();
        // What is not text (a TLS greeting) ends the conversation as hanging up does.
        if !matches!(reader.read_line(&mut lines), Ok(1..)) {
            return;
        }
        let line = lines.trim_end();
        tell(line);
        match line.split(' ').next().unwrap_or_default() {
            "EHLO" => {
                script.extensions.iter().for_each(|extension| say(&format!("250-{extension}")));
                say("250 SIZE 100000");
            }
            "MAIL" => say(script.mail),
            "RCPT" => say(script.rcpt),
            "DATA" => {
                say(script.data);
                if script.data.starts_with("354") {
                    tell(&letter(&mut reader));
                    let Some(answer) = script.dot else { return };
                    say(answer);
                }
            }
            "QUIT" => return say("221 bye"),
            _ => say("250 ok"),
        }
    }
}

fn letter(reader: &mut impl BufRead) -> String {
    let mut letter = String::new();
    while !letter.ends_with("\r\n.\r\n") {
        assert_ne!(reader.read_line(&mut letter).unwrap(), 0, "the letter has no end");
    }
    letter
}

/// A server that answers, but one byte at a time and never to an end.
pub(super) fn tar_pit() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // Waiting for a client that says nothing, with a time limit, is what paces the bytes.
        stream.set_read_timeout(Some(std::time::Duration::from_millis(20))).unwrap();
        while stream.write_all(b"2").is_ok() {
            if matches!(stream.read(&mut [0; 64]), Ok(0)) {
                return;
            }
        }
    });
    port
}

/// A server behind TLS from the first byte, or after STARTTLS. Answers its port and the authority to trust.
pub(super) fn tls_server(starttls: bool, added: &'static str) -> (u16, String) {
    let authority = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let pem = authority.cert.pem();
    let key = tokio_rustls::rustls::pki_types::PrivateKeyDer::try_from(authority.signing_key.serialize_der()).unwrap();
    let config = tokio_rustls::rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![authority.cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = std::sync::Arc::new(config);
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        if starttls {
            plain_part(&mut stream, added);
        }
        let tls = tokio_rustls::rustls::ServerConnection::new(config).unwrap();
        let mut secured = tokio_rustls::rustls::StreamOwned::new(tls, stream);
        secured_part(&mut secured, starttls);
    });
    (port, pem)
}

/// What is said before STARTTLS; hangs up on anything that should have waited for it.
fn plain_part(stream: &mut TcpStream, added: &str) {
    stream.write_all(b"220 test\r\n").unwrap();
    for answer in ["250-localhost\r\n250 STARTTLS\r\n", &format!("220 go on\r\n{added}")] {
        let line = line(stream);
        assert!(line.starts_with("EHLO") || line.starts_with("STARTTLS"), "in clear: {line}");
        stream.write_all(answer.as_bytes()).unwrap();
    }
}

fn secured_part(stream: &mut (impl Read + Write), greeted: bool) {
    if !greeted && stream.write_all(b"220 test\r\n").is_err() {
        return;
    }
    let mut last = String::new();
    loop {
        let line = line(stream);
        let answer: &[u8] = match line.split([' ', '\r']).next().unwrap_or_default() {
            "" if line.is_empty() => return,
            "EHLO" => b"250-localhost\r\n250 AUTH PLAIN\r\n",
            "AUTH" => b"235 welcome\r\n",
            "DATA" => b"354 go on\r\n",
            "MAIL" | "RCPT" => b"250 ok\r\n",
            "." if last == "\r\n" => b"250 taken in secret\r\n",
            _ => b"",
        };
        last = line;
        if stream.write_all(answer).is_err() {
            return;
        }
    }
}

/// One line, byte by byte so that nothing after it is taken.
fn line(stream: &mut impl Read) -> String {
    let mut line = Vec::new();
    let mut byte = [0];
    while !line.ends_with(b"\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
        line.push(byte[0]);
    }
    String::from_utf8_lossy(&line).into_owned()
}
