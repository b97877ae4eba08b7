//! Words that stand beside a brand in names made to deceive, in several languages.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Words that ask the reader to act on an account or promise money.
const LURES: &str = "login signin signup logon log-in signon verify verification verified validate validation authenticate \
authentication authenticator auth secure secured security account accounts support helpdesk helpcenter customer service services \
recovery recover restore unlock unlocked update upgrade confirm confirmation connect walletconnect reconnect sync synchronize \
synchronise migrate migration airdrop airdrops drop claim claims claiming bonus reward rewards gift gifts giftbox giveaway \
giveaways free freemint mint minting mintnow whitelist presale stake staking staked restake bridge withdraw withdrawal refund \
refunds compensation seed phrase seedphrase passphrase mnemonic keystore privatekey password passcode reset suspended locked \
alert alerts notice warning urgent kyc aml 2fa otp session device dispute resolve resolution rectify fix helper hotline \
activate activation register registration redeem eligible eligibility snapshot distribution voucher promo promotion event \
events official officiel oficial ufficiale offiziell offizielle resmi resmigiris giris girisi uyelik masuk daftar akun hadiah \
anmelden anmeldung konto kontos sicherheit bestaetigen kundenservice kundendienst iniciar sesion acceso acceder cuenta \
cuentas seguro seguridad verificar verificacion soporte ayuda regalo connexion compte comptes securite verifier assistance \
accedi accesso conto sicurezza verifica entrar conta contas seguranca suporte logowanie zaloguj bezpieczenstwo weryfikacja \
inloggen rekening beveiliging prijava racun nalog varnost podpora vhod voiti kabinet lichnyj bezopasnost podderzhka podarok \
denglu guanwang guanfang zhuce qianbao xiazai anzhuang dengji kefu";

/// Words of the trade: common beside a real brand too, so they say less.
const TRADE: &str = "wallet wallets coin coins token tokens crypto cryptos bitcoin btc ethereum ether eth erc20 usdt usdc bnb bsc \
sol solana doge nft nfts nftmarket defi dex dapp dapps dao web3 web finance financial invest investment investments investor \
trade trader trading traders exchange exchanges swap swaps pro plus global international online app apps application mobile \
android ios apk download downloads install extension chrome browser live lives hub home site website page pages portal \
official desktop bridge bridges network protocol chain chains block blockchain bank banking card cards pay payment payments \
payout deposit deposits earn earning earnings income profit market markets marketplace shop store shops buy sell price \
launch launchpad launcher beta alpha v1 v2 v3 v4 new news blog docs doc info help center centre team group corp inc ltd llc \
company foundation labs lab world club vip one now today get go my the your our and for with www com net org io xyz ai eu us \
uk asia china cn hk jp kr india africa europe usa pool pools farm farms farming yield liquidity vault vaults vote voting \
governance snapshots ledger nano live exchangepro server cloud api data tech technology digital media system systems \
asset assets fund funds fund capital holding holdings user users client clients member members partner partners admin mail \
email sms id ids us1 us2 key keys lock safe safety trust metaverse game games play art drops collection collections";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Lure,
    Trade,
}

static WORDS: LazyLock<HashMap<&'static str, Sort>> = LazyLock::new(|| {
    let trade = TRADE.split_whitespace().map(|word| (word, Sort::Trade));
    trade.chain(LURES.split_whitespace().map(|word| (word, Sort::Lure))).collect()
});

const LONGEST: usize = 16;

/// Whether a word is in the lexicon, and which kind it is.
pub(crate) fn sort(word: &str) -> Option<Sort> {
    WORDS.get(word).copied()
}

/// Words of which it was learned how much more often they stand beside a brand in deceiving names than in honest ones.
pub(crate) type Risks = HashMap<String, f32>;

/// What the text around a brand is made of.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Rest {
    pub(crate) words: Vec<String>,
    /// Letters in no known word.
    pub(crate) letters: usize,
    pub(crate) digits: usize,
}

impl Rest {
    /// Divides one stretch of letters into known words so that as few letters as possible are left over.
    pub(crate) fn add(&mut self, stretch: &[u8], risks: &Risks) {
        // Only the part next to the brand can lure; this also bounds the work on absurdly long names.
        let stretch = &stretch[..stretch.len().min(128)];
        let Ok(text) = std::str::from_utf8(stretch) else {
            self.letters += stretch.len();
            return;
        };
        let mut best: Vec<(usize, usize)> = vec![(0, 0)];
        for end in 1..=stretch.len() {
            let mut choice = (best[end - 1].0 + 2, 1);
            // One or two letters are a word only when they are all there is.
            for length in if end == stretch.len() { 1 } else { 3 }..=end.min(LONGEST) {
                let word = &text[end - length..end];
                if (length > 2 || length == end) && (WORDS.contains_key(word) || risks.contains_key(word)) {
                    // A word costs a little, so that few long words win over many short ones.
                    choice = choice.min((best[end - length].0 + 1, length));
                }
            }
            best.push(choice);
        }
        let mut end = stretch.len();
        while end > 0 {
            let length = best[end].1;
            let word = &text[end - length..end];
            if length > 1 && (WORDS.contains_key(word) || risks.contains_key(word)) {
                self.words.push(word.to_owned());
            } else if word.bytes().all(|byte| byte.is_ascii_digit()) {
                self.digits += length;
            } else {
                self.letters += length;
            }
            end -= length;
        }
    }

    /// The words of one kind.
    pub(crate) fn of(&self, kind: Sort) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str).filter(move |word| sort(word) == Some(kind))
    }

    /// The risks of the words: the worrying ones and the reassuring ones, added up apart.
    pub(crate) fn risk(words: &[String], risks: &Risks) -> (f32, f32) {
        words.iter().filter_map(|word| risks.get(word)).fold((0.0, 0.0), |(worry, relief), &risk| {
            if risk > 0.0 { (worry + risk, relief) } else { (worry, relief - risk) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_a_name_is_divided_into_words() {
        let mut rest = Rest::default();
        rest.add(b"securesigninxq7", &Risks::default());
        assert_eq!(
            (rest.of(Sort::Lure).count(), rest.of(Sort::Trade).count(), rest.letters, rest.digits),
            (2, 0, 2, 1)
        );
    }
}
