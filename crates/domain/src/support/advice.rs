//! The advice to customers, in one place: the help page shows it, and the security check-up gives each piece its live
//! state.

/// One piece of advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advice {
    /// Stable name.
    pub code: &'static str,
    /// The advice in a few words.
    pub title: &'static str,
    /// What it means and why.
    pub text: &'static str,
}

/// Everything we advise, in the order a customer meets it.
pub const ADVICE: &[Advice] = &[
    Advice {
        code: "yours_alone",
        title: "The account is yours alone",
        text: "Do not share it and do not let anybody use it for you. Never give anybody control of your screen, and never sign in while somebody watches it: whoever sees your screen can take your money.",
    },
    Advice {
        code: "known_browsers",
        title: "Only your browsers are known",
        text: "In a browser you have used before you sign in without a letter from us. Forget every browser that you no longer use or that others use too.",
    },
    Advice {
        code: "unique_password",
        title: "A long password that you use nowhere else",
        text: "A few unusual words are easier to keep than a riddle of signs; a password manager keeps them for you. We suggest a new one about every two months and never force you.",
    },
    Advice {
        code: "second_factor",
        title: "A second proof beside the password",
        text: "An authenticator app, or better a passkey, keeps out whoever has your password. We never use text messages for this: they can be stolen.",
    },
    Advice {
        code: "recovery_codes",
        title: "Recovery codes on paper",
        text: "Ten codes, each good once, get you back in when your phone is lost. Keep them where you keep other papers, not on the phone.",
    },
    Advice {
        code: "freeze_words",
        title: "Freeze words within reach",
        text: "Four words stop your account from any browser, without phone, mailbox or password. Keep them on paper, where you find them in a hurry.",
    },
    Advice {
        code: "own_mailbox",
        title: "An e-mail address for this alone",
        text: "Use an address that nobody knows and that serves nothing else, and protect that mailbox as well as this account: who reads your mail reads our letters.",
    },
    Advice {
        code: "mailbox_protected",
        title: "A mailbox as safe as the account",
        text: "Give your mailbox a password of its own and a second proof, and look whether somebody has set up forwarding in it.",
    },
    Advice {
        code: "phone_for_notices",
        title: "A phone that is told as well",
        text: "Add the number of your mobile phone, and what matters most reaches you by SMS too, even when somebody else reads your mail. A phone only gets told: nobody signs in with it, and no SMS of ours has a link in it.",
    },
    Advice {
        code: "screen_alone",
        title: "Your screen is yours alone",
        text: "Never sign in while somebody watches or steers your screen, whatever they say they help you with.",
    },
    Advice {
        code: "never_phone",
        title: "We never phone you",
        text: "Nobody from us ever calls, and we never ask you to install anything but an authenticator app of your choice. Whoever calls in our name, or asks you to install a program, is a thief: hang up.",
    },
    Advice {
        code: "one_address",
        title: "One address, from your bookmarks",
        text: "Come to us by a bookmark you made yourself, never by a link in a message or an advertisement. Pages that look like ours can be copied in minutes; the address cannot.",
    },
    Advice {
        code: "report_fakes",
        title: "Tell us about fakes",
        text: "If you meet a site, a message or a person that pretends to be us, send it to our support address. You may save somebody's savings.",
    },
    Advice {
        code: "look_often",
        title: "Look at your activity",
        text: "Settings > Security lists every sign-in and sign-out with its time, place, IP address and browser. If anything there was not you, say so at once.",
    },
    Advice {
        code: "read_notices",
        title: "Read what we send you",
        text: "We write about every new device and every change that matters. Our letters never ask for your password.",
    },
    Advice {
        code: "freeze",
        title: "If it was not you, freeze first and ask later",
        text: "Every security letter has a link that freezes your account in one step, without signing in. Your four freeze words do the same from any computer. A freeze costs you nothing; waiting may cost you everything.",
    },
];

/// One piece of advice.
pub fn advice(code: &str) -> Option<&'static Advice> {
    ADVICE.iter().find(|advice| advice.code == code)
}
