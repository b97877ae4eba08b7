//! A Postfix of our own: its configuration, queue and mailboxes lie in a directory that goes away with it, it listens on
//! free ports of this machine only, and it hands nothing on to anybody.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use data_encoding::BASE64;
use outside::mail::{MailSettings, MailTls};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

/// What one signs in with where one has to.
const SIGN_IN: (&str, &str) = ("countersign", "quiet-harbour");

/// A running Postfix.
pub(super) struct Postfix {
    directory: TempDir,
    /// In clear, or by STARTTLS.
    pub(super) port: u16,
    /// TLS from the first byte.
    wrapped: u16,
    /// STARTTLS and a name and password, or nothing.
    submission: u16,
    /// How many tries to write to a grey recipient are put off.
    grey: Arc<AtomicUsize>,
}

impl Postfix {
    /// Starts one, if Postfix is here and we may: its master is root's.
    pub(super) fn start() -> Option<Self> {
        if !Path::new("/usr/sbin/postfix").exists() {
            println!("skipped: Postfix is not on this machine");
            return None;
        }
        let directory = TempDir::new().expect("a directory");
        if fs::metadata(directory.path()).expect("it is there").uid() != 0 {
            println!("skipped: Postfix is started by root alone");
            return None;
        }
        let grey = Arc::new(AtomicUsize::new(0));
        let postfix =
            Self { port: free_port(), wrapped: free_port(), submission: free_port(), grey: grey.clone(), directory };
        postfix.furnish(greylist(grey), doorkeeper());
        postfix.run("start");
        for port in [postfix.port, postfix.wrapped, postfix.submission] {
            until("Postfix listens", || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
        }
        Some(postfix)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn furnish(&self, greylist: u16, doorkeeper: u16) {
        let open = |name: &str| {
            let path = self.path(name);
            fs::create_dir(&path).expect("a directory");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is ours");
            path
        };
        fs::set_permissions(self.directory.path(), fs::Permissions::from_mode(0o755)).expect("it is ours");
        let (conf, _queue, data, mail) = (open("conf"), open("queue"), open("data"), open("mail"));
        chown(&data, Some(number_of("postfix", "-u")), None).expect("it is ours");
        chown(&mail, Some(number_of("nobody", "-u")), None).expect("it is ours");
        self.certificates();
        fs::write(conf.join("main.cf"), self.main_cf(greylist, doorkeeper)).expect("it is ours");
        fs::write(conf.join("master.cf"), self.master_cf()).expect("it is ours");
    }

    /// An authority, and a certificate for `localhost` that it vouches for.
    fn certificates(&self) {
        let mut params = CertificateParams::new(Vec::<String>::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_key = KeyPair::generate().expect("a key");
        let authority = params.self_signed(&authority_key).expect("a certificate");
        let issuer = Issuer::new(params, authority_key);
        let key = KeyPair::generate().expect("a key");
        let leaf = CertificateParams::new(["localhost".to_owned()]).expect("a name");
        let leaf = leaf.signed_by(&key, &issuer).expect("a certificate");
        for (name, text) in
            [("authority.pem", authority.pem()), ("certificate.pem", leaf.pem()), ("key.pem", key.serialize_pem())]
        {
            fs::write(self.path(name), text).expect("it is ours");
        }
    }

    fn main_cf(&self, greylist: u16, doorkeeper: u16) -> String {
        let here = self.directory.path().display();
        format!(
            "compatibility_level = 3.6\nqueue_directory = {here}/queue\ndata_directory = {here}/data\n\
             command_directory = /usr/sbin\ndaemon_directory = /usr/lib/postfix/sbin\nmail_owner = postfix\n\
             setgid_group = postdrop\nmyhostname = mail.exchange.example\nmydestination =\nlocal_recipient_maps =\n\
             alias_maps =\nalias_database =\ninet_interfaces = 127.0.0.1\ninet_protocols = ipv4\n\
             mynetworks = 127.0.0.0/8\nmaillog_file = {here}/postfix.log\nmaillog_file_prefixes = {here}\n\
             default_transport = error:nothing leaves this machine\nrelay_transport = error:nothing leaves\n\
             virtual_mailbox_domains = example.com exchange.example\nvirtual_mailbox_base = {here}/mail\n\
             virtual_mailbox_maps = static:all/\nvirtual_uid_maps = static:{nobody}\nvirtual_gid_maps = static:{nobody}\n\
             virtual_minimum_uid = 100\nsmtpd_error_sleep_time = 0\n\
             transport_maps = inline:{{ {{later@example.com = closed:}} }}\n\
             smtpd_restriction_classes = greylist\ngreylist = check_policy_service inet:127.0.0.1:{greylist}\nsmtpd_tls_security_level = may\n\
             smtpd_tls_cert_file = {here}/certificate.pem\nsmtpd_tls_key_file = {here}/key.pem\n\
             smtpd_tls_auth_only = yes\nsmtpd_sasl_auth_enable = yes\nsmtpd_sasl_type = dovecot\n\
             smtpd_sasl_path = inet:127.0.0.1:{doorkeeper}\nsmtpd_relay_restrictions = permit_mynetworks, reject\n\
             smtpd_recipient_restrictions = check_recipient_access inline:{{ {{gone@example.com = 550 5.1.1 no such mailbox}}, \
             {{slow@example.com = sleep 3}}, {{grey@example.com = greylist}} }}, \
             permit_mynetworks, reject\n",
            nobody = number_of("nobody", "-u"),
        )
    }

    fn master_cf(&self) -> String {
        let mut services = format!(
            "127.0.0.1:{} inet n - n - - smtpd\n\
             127.0.0.1:{} inet n - n - - smtpd\n  -o smtpd_tls_wrappermode=yes\n\
             127.0.0.1:{} inet n - n - - smtpd\n  -o smtpd_tls_security_level=encrypt\n  \
             -o smtpd_relay_restrictions=permit_sasl_authenticated,reject\n  \
             -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject\n\
             postlog unix-dgram n - n - 1 postlogd\ncleanup unix n - n - 0 cleanup\nqmgr unix n - n 300 1 qmgr\ntlsmgr unix - - n 1000? 1 tlsmgr\n\
             proxymap unix - - n - - proxymap\nanvil unix - - n - 1 anvil\nscache unix - - n - 1 scache\n\
             virtual unix - n n - - virtual\n\
             closed unix - n n - - pipe\n  user=nobody argv=/bin/sh -c {{exit 67}}\n",
            self.port, self.wrapped, self.submission
        );
        for (name, program, most) in [
            ("rewrite", "trivial-rewrite", "-"),
            ("bounce", "bounce", "0"),
            ("defer", "bounce", "0"),
            ("trace", "bounce", "0"),
            ("error", "error", "-"),
            ("retry", "error", "-"),
            ("verify", "verify", "1"),
        ] {
            let _ = writeln!(services, "{name} unix - - n - {most} {program}");
        }
        services
    }

    fn run(&self, verb: &str) {
        let mut command = Command::new("/usr/sbin/postfix");
        command.arg("-c").arg(self.path("conf")).arg(verb);
        let done = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("it starts");
        assert!(done.success(), "postfix {verb}: {}", self.log());
    }

    /// What it wrote down.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.path("postfix.log")).unwrap_or_default()
    }

    /// Puts the next tries to write to the grey recipient off.
    pub(super) fn put_off(&self, tries: usize) {
        self.grey.store(tries, Ordering::SeqCst);
    }

    /// The letters that arrived, in no order.
    pub(super) fn letters(&self) -> Vec<String> {
        let Ok(files) = fs::read_dir(self.path("mail/all/new")) else { return Vec::new() };
        files.flatten().filter_map(|file| fs::read_to_string(file.path()).ok()).collect()
    }

    /// The letters, as soon as there are so many.
    pub(super) fn letters_once(&self, count: usize) -> Vec<String> {
        until("the letters arrived", || self.letters().len() >= count);
        self.letters()
    }

    /// How to reach it by each form of TLS, trusting its authority.
    pub(super) fn by(&self, tls: MailTls) -> MailSettings {
        let port = if tls == MailTls::Implicit { self.wrapped } else { self.port };
        let tls_authority = if tls == MailTls::None { PathBuf::new() } else { self.path("authority.pem") };
        MailSettings {
            host: "localhost".to_owned(),
            tls,
            tls_authority,
            ..MailSettings::in_clear(port, "no-reply@exchange.example")
        }
    }

    /// How to reach it where it asks for a name and a password.
    pub(super) fn by_name(&self) -> MailSettings {
        let (user, password) = (SIGN_IN.0.to_owned(), SIGN_IN.1.to_owned());
        MailSettings { port: self.submission, user, password, ..self.by(MailTls::Starttls) }
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        self.run("abort");
    }
}

/// The greylist that Postfix asks, in the words of its policy protocol.
fn greylist(put_off: Arc<AtomicUsize>) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = listener.local_addr().expect("it listens").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let put_off = put_off.clone();
            std::thread::spawn(move || {
                let Ok(mut writer) = stream.try_clone() else { return };
                for line in BufReader::new(stream).lines().map_while(Result::ok).filter(String::is_empty) {
                    let once = put_off.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |tries| tries.checked_sub(1));
                    let action = if once.is_ok() { "450 4.2.0 greylisted, come again" } else { "dunno" };
                    if write!(writer, "action={action}\n{line}\n").is_err() {
                        return;
                    }
                }
            });
        }
    });
    port
}

/// Who knows the passwords, in the words of Dovecot's protocol, which Postfix asks by.
fn doorkeeper() -> u16 {
    let right = BASE64.encode(format!("\0{}\0{}", SIGN_IN.0, SIGN_IN.1).as_bytes());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = listener.local_addr().expect("it listens").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let right = format!("resp={right}");
            std::thread::spawn(move || {
                let Ok(mut writer) = stream.try_clone() else { return };
                let hello = "VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t00\nDONE\n";
                let _ = writer.write_all(hello.as_bytes());
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    let words: Vec<&str> = line.split('\t').collect();
                    let ["AUTH", id, ..] = words[..] else { continue };
                    let said = if words.contains(&right.as_str()) { "OK" } else { "FAIL" };
                    let _ = writer.write_all(format!("{said}\t{id}\tuser={}\n", SIGN_IN.0).as_bytes());
                }
            });
        }
    });
    port
}

fn number_of(user: &str, what: &str) -> u32 {
    let said = Command::new("id").args([what, user]).output().expect("id is everywhere").stdout;
    String::from_utf8_lossy(&said).trim().parse().expect("a number")
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port").local_addr().expect("it listens").port()
}

/// Waits until something is so: Postfix is another's program and says nothing when it is done.
pub(super) fn until(what: &str, mut so: impl FnMut() -> bool) {
    for _ in 0..600 {
        if so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("half a minute, and still not: {what}");
}
