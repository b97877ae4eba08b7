//! Two verifiers of DKIM that are not ours: dkimpy (Python) and `Mail::DKIM` (Perl). Both are told the key in place of
//! the DNS.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use outside::mail::DkimRecord;

/// Debian's Python; another one on the PATH does not see Debian's packages.
const PYTHON: &str = "/usr/bin/python3";

const DKIMPY: &str = "\
import sys, dkim
name, text = sys.argv[1].encode(), sys.argv[2].encode()
asked = lambda n, timeout=5: text if n.rstrip(b'.') == name else None
print('yes' if dkim.verify(sys.stdin.buffer.read(), dnsfunc=asked) else 'no')
";

const MAIL_DKIM: &str = r#"
use strict; use warnings; no warnings 'redefine';
use Mail::DKIM::Verifier; use Mail::DKIM::PublicKey;
my ($name, $text) = @ARGV;
*Mail::DKIM::PublicKey::fetch_async = sub {
    my ($class, %asked) = @_;
    my $done = $asked{Callbacks}{Success} || sub { $_[0] };
    my $key = "$asked{Selector}._domainkey.$asked{Domain}" eq $name ? $class->parse($text) : undef;
    return sub { $done->($key) };
};
binmode STDIN;
my $verifier = Mail::DKIM::Verifier->new();
while (<STDIN>) { s/\015?\012$//; $verifier->PRINT("$_\015\012"); }
$verifier->CLOSE;
print $verifier->result eq 'pass' ? "yes\n" : "no\n";
"#;

/// What each verifier says of a letter.
pub(super) fn verdicts(letter: &[u8], record: &DkimRecord) -> [(&'static str, bool); 2] {
    [
        ("dkimpy", ask(Command::new(PYTHON).args(["-c", DKIMPY]), letter, record)),
        ("Mail::DKIM", ask(Command::new("perl").args(["-e", MAIL_DKIM]), letter, record)),
    ]
}

/// Whether both are on this machine.
pub(super) fn here() -> bool {
    let perl = || Command::new("perl").args(["-MMail::DKIM::Verifier", "-e", "1"]).stderr(Stdio::null()).status();
    let here = Path::new("/usr/lib/python3/dist-packages/dkim").exists() && perl().is_ok_and(|status| status.success());
    if !here {
        println!("skipped: the verifiers of DKIM (python3-dkim, libmail-dkim-perl) are not on this machine");
    }
    here
}

fn ask(command: &mut Command, letter: &[u8], record: &DkimRecord) -> bool {
    let mut child = command
        .args([&record.name, &record.text])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it is on this machine");
    child.stdin.take().expect("it is piped").write_all(letter).expect("it reads");
    let said = child.wait_with_output().expect("it ends");
    match String::from_utf8_lossy(&said.stdout).trim() {
        "yes" => true,
        "no" => false,
        other => panic!("a verifier broke: {other:?}"),
    }
}
