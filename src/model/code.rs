//! The one list of codes: what errors, findings and reasons are called, everywhere the same.
//!
//! A code is one kebab-case group and is never renamed. `schema/codes.json` and `depstate explain`
//! are made from this list.

use std::fmt;

use serde::{Serialize, Serializer};

/// A code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(&'static str);

impl Code {
    /// Returns its text.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// Returns its page.
    pub fn page(self) -> Option<&'static Page> {
        Self::find(self.0)
    }

    /// Tells whether something was verified, or a limit reached, and refused: exit 3.
    pub fn is_refusal(self) -> bool {
        self.page().is_some_and(|page| page.kind == Kind::Refused)
    }

    /// Finds a page by the text of its code.
    pub fn find(text: &str) -> Option<&'static Page> {
        PAGES.iter().find(|page| page.code.0 == text)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.0)
    }
}

/// What a code stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The reason of an action.
    Reason,
    /// A mistake in deps.toml or on the command line: exit 1.
    Mistake,
    /// Something failed: exit 1 unless the page says otherwise.
    Error,
    /// Something was verified, or a limit reached, and refused: exit 3.
    Refused,
    /// To be read; nothing is held back.
    Warning,
}

/// The page behind a code.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Page {
    /// The code.
    pub code: Code,
    /// What it stands for.
    pub kind: Kind,
    /// One line.
    pub title: &'static str,
    /// Paragraphs for `depstate explain`.
    pub text: &'static str,
}

macro_rules! codes {
    ($( $name:ident $kind:ident $text:literal $title:literal $page:literal )*) => {
        impl Code { $( #[doc = $title] pub const $name: Self = Self($text); )* }
        /// Every code with its page, in the order of the list.
        pub const PAGES: &[Page] = &[ $( Page { code: Code::$name, kind: Kind::$kind, title: $title, text: $page } ),* ];
    };
}

codes! {
    // Reasons of actions.
    NEW_RELEASE Reason "new-release" "Upstream has a new release in a version line."
        "The source lists a version that a line of the dependency picks and that is not published yet.\nApply fetches, verifies and publishes it for every target that wants it, or for none."
    NOT_PUBLISHED Reason "not-published" "deps.lock has it, the bucket does not."
        "The version was decided earlier (it stands in deps.lock) and has no record in the bucket.\nApply fetches the locked address and refuses any other bytes than the locked ones."
    NEW_TARGET Reason "new-target" "A published version is wanted for one more target."
        "The version is already published for other targets; this target was added or no longer excluded."
    DOOMED Reason "doomed" "The old object is being deleted, so it is published anew."
        "The collector has begun to delete the object of the retired record; it can't be taken back."
    SOURCE_CHANGED Reason "source-changed" "Other source bytes were accepted."
        "The digest in deps.lock differs from the one that the published record was made from, because\nsomebody ran `depstate lock --accept ADDRESS` and the change was reviewed."
    INPUT_CHANGED Reason "input-changed" "Something that decides the bytes changed."
        "The input digest of the wanted artifact differs from the one of the published record. The plan\nnames the inputs that changed."
    OBJECT_MISSING Reason "object-missing" "The record is there, its object is not."
        "Somebody or something deleted the object. Apply fetches the locked source again and publishes\nit under a new key."
    OBJECT_ALTERED Reason "object-altered" "The object has other bytes than the record says."
        "The size differs, or the bytes' SHA-256 does. Apply publishes the right bytes under a new key."
    NOT_LOCKED Reason "not-locked" "It is published and right; only deps.lock does not have it."
        "deps.lock was lost or is older than the bucket. Apply writes the lock and moves no byte."
    WANTED_AGAIN Reason "wanted-again" "A retired artifact is wanted again and its object is still there."
        "The record goes back into the index; no byte moves."
    METADATA_CHANGED Reason "metadata-changed" "Only what consumers read beside the bytes changed."
        "Name, licences, CPE, purl, end of life, the free metadata table, or the address that the bytes\ncome from differ. Apply writes the record anew; no byte moves."
    REVISION_CHANGED Reason "revision-changed" "The object was copied: same bytes, another revision."
        "The store's revision (ETag) differs from the recorded one, and the bytes are still right.\nApply records the new revision; no byte moves."
    LINE_KEEPS Reason "line-keeps" "Newer versions fill the line."
        "The line keeps the N newest versions (`keep`), and this one is older. Its record leaves the\nindex in the commit that brings its successor; its object stays for `retention.grace`."
    EXCLUDED Reason "excluded" "An `exclude` or `only` leaves it out."
        "See the `reason` of that entry in deps.toml."
    LINE_EOL Reason "line-eol" "The version line is past its end."
        "Its support ended, as the line's `eol` or the schedule says. As a warning: consumers get no more\nfixes for it. As the reason of a retire: `eol.drop-after` had passed when `lock` or `update` decided,\nso its versions left deps.lock; their objects stay for `retention.grace`."
    NO_LINE Reason "no-line" "No version line takes it."
        "Its line was removed, or its constraint no longer matches."
    TARGET_GONE Reason "target-gone" "The dependency no longer wants the target."
        "The target was removed from `targets` of the dependency, or renamed."
    DEPENDENCY_GONE Reason "dependency-gone" "deps.toml has no such dependency."
        "The dependency was removed or renamed. Its records leave the index; their objects stay for\n`retention.grace`."
    ROLLED_BACK Reason "rolled-back" "`depstate rollback` went back to what an older serial had."
        "What was published since leaves the index, and what was retired since and is still there comes\nback. deps.toml and deps.lock stay as they are: the next apply goes forward again unless they are\nput back too."

    // Mistakes in deps.toml.
    SYNTAX Mistake "syntax" "deps.toml is not TOML."
        "The text can't be read as TOML 1.0. jq programs with a dash or a quote want single quotes."
    UNKNOWN_KEY Mistake "unknown-key" "A key that depstate does not know."
        "Keys are checked so that a misspelt one is never ignored in silence. The nearest known key is\noffered."
    WRONG_TYPE Mistake "wrong-type" "A value of the wrong type."
        "The message says what was expected in that place."
    MISSING_KEY Mistake "missing-key" "A key that must be there is not."
        "The message names the key and the table."
    BAD_VALUE Mistake "bad-value" "A value that makes no sense in its place."
        "The message says what may stand there."
    BAD_NAME Mistake "bad-name" "A name with letters that names may not have."
        "Ids of dependencies are `[a-z0-9][a-z0-9._-]{0,63}`; names of targets may have capitals too.\nControl and bidirectional letters stand nowhere."
    BAD_CONSTRAINT Mistake "bad-constraint" "A constraint that can't be read."
        "`22.*`, `*`, `=1.2.3`, `!=`, `<`, `<=`, `>`, `>=` joined by commas, `^1.2`, `~1.2`. A bare\nversion is refused, because tools disagree on what it means: write `=1.2.3` or `1.2.*`."
    BAD_PATTERN Mistake "bad-pattern" "A regular expression or glob that can't be read."
        "Regexes have the syntax of Rust's `regex` crate: no look-around, no back-references."
    BAD_JQ Mistake "bad-jq" "A jq program that can't be read."
        "`select` and `next` are jq. `env`, `input`, `debug`, `halt` and `import` are not to be had."
    BAD_SELECTOR Mistake "bad-selector" "A CSS selector that can't be read."
        "`css` is a CSS selector such as `table a[href]`."
    BAD_DATE Mistake "bad-date" "A date that can't be read."
        "Dates are `YYYY-MM-DD`, with quotes or without."
    BAD_DURATION Mistake "bad-duration" "A duration that can't be read."
        "Durations are a number and a unit: `30s`, `5m`, `12h`, `3d`, `2w`."
    BAD_DIGEST Mistake "bad-digest" "A digest that can't be read, or an empty one."
        "A SHA-256 has 64 hex digits, a SHA-512 has 128. An empty digest is never taken for `none`."
    BAD_URL Mistake "bad-url" "An address that can't be read or may not be used."
        "Addresses are `https://…`; `http://` needs `insecure = true` beside it. No user, no password."
    UNKNOWN_DRIVER Mistake "unknown-driver" "A driver that depstate does not have."
        "`depstate drivers` lists them."
    UNKNOWN_SCHEME Mistake "unknown-scheme" "A version scheme that depstate does not have."
        "`semver` (the default, read leniently) or `dotted`."
    TEMPLATE Mistake "template" "A template that can't be used."
        "The message names the undefined name or the place of the syntax error. Templates know `id`,\n`version`, `upstream`, `major`, `minor`, `patch`, `os`, `arch`, `target.*`, `match.*`, and where\nthe index has just been read `release.*`. Statements and the filters `replace`, `split`,\n`urlencode` and `format` may be used, nothing else; a template that does not end is stopped."
    UNKNOWN_TARGET Mistake "unknown-target" "A target that is not declared."
        "Every target but `any` is declared under `[targets]`; a glob that matches none is a mistake too."
    UNKNOWN_ARCH Mistake "unknown-arch" "A word for an os or arch that is not Go's."
        "`linux darwin windows`, `amd64 arm64 ppc64le s390x 386 arm`. What upstream calls them stands in\n`replacements`."
    DUPLICATE_LINE Mistake "duplicate-line" "The same version line twice."
        "Lines may overlap, but two with the same constraint and regex are one too many."
    NO_LINES Mistake "no-lines" "A dependency without a version line."
        "Say which versions are wanted: `lines = [{ constraint = \"1.*\", keep = 2 }]`."
    DUPLICATE_ADDRESS Mistake "duplicate-address" "Two artifacts would have the same address."
        "An address is `id@version/target`. Name each target once in the dependency."
    EXTENDS Mistake "extends" "`extends` names something it can't begin as."
        "It names another dependency of this file, and no circle may come of it."
    ARTIFACT_WITHOUT_TEMPLATE Mistake "artifact-without-template" "`artifact` names the same file for every version."
        "`artifact` is the address of the file of a version, a template: it needs a `{{ version }}` or\nanother name in it."
    URL_WITH_VERSION Mistake "url-with-version" "`url` has a version in it."
        "`url` is the index, asked once for a dependency; the file's address is `artifact`."
    ENV_NAME Mistake "env-name" "An environment variable that deps.toml may not name."
        "`{ env = \"NAME\" }` stands only for an address or a place, and only for names that begin with\n`DEPSTATE_`: a manifest comes from a pull request and must not carry a secret to a host it chose."
    ENV_UNSET Mistake "env-unset" "An environment variable that is not set."
        "deps.toml takes an address or a place from a variable that is empty or not set."
    TOO_LARGE Mistake "too-large" "deps.toml is larger than a manifest may be."
        "At most 1 MiB, 10,000 dependencies, 64 levels."
    NOT_UTF8 Mistake "not-utf8" "deps.toml is not text."
        "It has to be UTF-8 without control letters."
    NO_MANIFEST Mistake "no-manifest" "There is no deps.toml here."
        "`depstate init` writes one; `-C DIR` or `--manifest FILE` says where it is."
    BAD_FILTER Mistake "bad-filter" "A filter that can't be read."
        "A filter is an address or a glob of one: `node`, `ruby@3.3.*`, `*/jammy-*`."

    // deps.lock.
    LOCK_SYNTAX Error "lock-syntax" "deps.lock can't be read."
        "It was edited by hand or cut off. Take it from git again, or remove it: `plan` then adopts what\nis published."
    LOCK_CONFLICT Error "lock-conflict" "deps.lock has a merge conflict in it."
        "Take either side (`git checkout --ours deps.lock`) and run `depstate lock`."
    LOCK_NEWER Error "lock-newer" "deps.lock was written by a newer depstate."
        "Use that version or a newer one; nothing is guessed."
    LOCK_OUTDATED Error "lock-outdated" "deps.lock does not answer what deps.toml asks."
        "With `--locked` the lock must already be right. Run `depstate lock` and commit deps.lock."

    // Sources.
    SOURCE_FAILED Error "source-failed" "A source could not be read."
        "The message says which address was asked, what it answered and how often it was tried."
    SOURCE_ANSWER Error "source-answer" "A source answered something that is no version index."
        "HTML in place of JSON, a document that jq can't select from, a row without a version."
    AMBIGUOUS_VERSION Error "ambiguous-version" "Two upstream names give one version."
        "Tell them apart with `extract`, or leave one out."
    AMBIGUOUS_FILE Error "ambiguous-file" "Two files fit one target."
        "Choose with `asset` (a glob on file names); both are named."
    AMBIGUOUS_DIGEST Error "ambiguous-digest" "One file with two digests in one answer."
        "The index contradicts itself; both digests are shown. Nothing is chosen."
    FALLBACK_USED Warning "fallback-used" "Another source answered in place of one that can't be read."
        "The source of the dependency could not be read; an entry of its `fallback` could, and what it lists was used. deps.lock records which one. Everything else holds as for the first: an index that shrank is refused, and bytes are verified."
    STALE_INDEX Warning "stale-index" "An old answer stands in for a source that can't be read."
        "The source could not be read, and `--stale-ok` let the last good answer that this checkout kept stand in for it. The message says when that answer was right for the last time. What was released since is not seen."
    INCOMPLETE Warning "incomplete" "A release does not have a file for every wanted target yet."
        "It waits; the next older one is kept until its files are there."
    TARGET_EMPTY Warning "target-empty" "A target is left without any version of a line."
        "`exclude` makes a hole and pulls in no older version: give that target a line of its own."
    LINE_EOL_SOON Warning "line-eol-soon" "The support of a version line ends soon."
        "`eol.warn` says how long before the end this is told; `eol.drop-after` says when `lock` and\n`update` drop its versions."
    TOO_YOUNG Warning "too-young" "A release is younger than `min-age`."
        "`lock` and `update` leave it alone until the day that the message names; what is locked stays."
    NO_DATES Error "no-dates" "A rule of age on a source that gives no dates."
        "`min-age` needs to know when a release came out. Let the source give `released`, or write\n`min-age = \"0d\"` for this dependency."
    NO_SUCH_NAME Error "no-such-name" "No line of the schedule bears the name."
        "`line = \"lts\"` is the newest line of `[dependencies.ID.schedule]` that bears the name and is not past\nits end. The message says which names there are."
    COULD_NOT_CHECK Warning "could-not-check" "Something could not be looked at."
        "Locked versions are kept, nothing is retired."
    HIDDEN_LETTER Refused "hidden-letter" "A name in an index has letters that can't be seen."
        "A control character, a zero-width letter or one that changes the direction of text stands in the name or address of a release that is wanted: whoever reads deps.lock would see another text than depstate does. Look at the index; `exclude` the version, or choose another one with `extract`."
    STALE Refused "stale" "A version line has been behind its source for longer than it may."
        "`status` asks the sources of dependencies that have `max-staleness`. A line of this one has lacked a version that it would take for longer than that: since the day that the oldest such version was released. Run `depstate update`; where an update is refused or waits, `depstate why ID` says for what."
    INDEX_SHRANK Refused "index-shrank" "An index lacks what it had."
        "The source lists nothing, or no longer lists the newest locked version of a line. That is an\nupstream's accident far more often than its will: the lock holds, nothing is done. If it is meant:\n`exclude` the version with a reason, or say `coverage = \"recent\"`."
    INDEX_EXPIRED Refused "index-expired" "A signed index is past the date until which it is valid."
        "An archive signs its list of files with a date (`Valid-Until`) and signs it anew before that. One\nthat is past it may be an old state that somebody serves again, to hide newer versions. Check this\nmachine's clock, then ask another mirror."
    UPSTREAM_CHANGED Refused "upstream-changed" "Upstream serves other bytes for a locked version."
        "A released version never changes. Both digests and addresses are shown. Find out why, then\neither `exclude` the version with a reason, or accept the new bytes in a reviewed commit:\n`depstate lock --accept ADDRESS`."
    UPSTREAM_GONE Warning "upstream-gone" "Upstream no longer has a file that deps.lock names."
        "What is published stays. If it is ever lost, it can't be fetched again: many upstreams prune old\nreleases."
    DIGEST_MISMATCH Refused "digest-mismatch" "The bytes are not those that were promised."
        "Expected and found digest, size, the address after redirects and what the first bytes look like\nare shown. Nothing was published."
    UNLIKELY Refused "unlikely" "Bytes that nothing vouches for can't be what their name says."
        "An HTML page or an empty answer under an archive's address is never trusted on first use."
    SIGNATURE_INVALID Refused "signature-invalid" "No signature counts."
        "A signature counts if it is by a key (or identity) that deps.toml names, over the bytes as they\nwere served, with a hash and key that are strong enough, by a key that was valid when it signed and\nis not revoked. The message says by whom each signature is and why it does not count. There is no\nswitch to go on without it: find out what changed upstream; new keys are reviewed as files in the\nrepository, and `exclude` leaves a version out."
    SIGNATURE_MISSING Refused "signature-missing" "There is no signature where deps.toml says that there is one."
        "An upstream that signed stops signing, or somebody took the signature away. Where the place has\nmoved, change `verify.signature`; where older versions were never signed, take the rule away for them\nalone: `[[dependencies.ID.override]]` with `when = \"<2\"` and `verify.signature = false`."
    BAD_KEY Mistake "bad-key" "A key file that can't be used."
        "`keys` names files in the repository, relative to deps.toml: OpenPGP public keys, armoured or\nbinary, or a minisign public key. A secret key is never wanted here."
    SIGNER_CHANGED Refused "signer-changed" "Somebody else signed than before."
        "The newest version that is decided was signed by one key or identity, this one by another. A new\nsigner is looked at by a person: accept it in a reviewed commit with `depstate lock --accept ADDRESS`.\nWhere deps.toml names both keys, or now asks for another kind or identity, it is shown as a warning and\nheld back by nothing."
    EVIDENCE_WEAKER Refused "evidence-weaker" "Less vouches for the bytes than before."
        "From strong to weak: `signed` over the file, `signed` over its checksums, `given`, `checksum-file`,\n`index`, `tofu`. The newest version that is decided had more. If the rule in deps.toml did not change,\nupstream did: accept it in a reviewed commit with `depstate lock --accept ADDRESS`. Where the rule did\nchange, it is shown as a warning, so that a review does not overlook it."
    WEAK_DIGEST Refused "weak-digest" "MD5 and SHA-1 alone vouch for nothing."
        "Files with a given MD5 or SHA-1 can be made. Look for a checksum file with SHA-256 or SHA-512\nbeside it (`SHA256SUMS`, `FILE.sha256`, `FILE.sha512`), or take the rule away: the first digest is\nthen trusted and locked, and the plan says so."
    CHECKSUM_MISSING Error "checksum-missing" "A checksum file does not name the artifact."
        "The file is matched by its full name. The names that are there are shown."
    CHECKSUM_UNREADABLE Error "checksum-unreadable" "A checksum file can't be read."
        "Known shapes: a bare digest, `digest  name`, `digest *name`, `ALG (name) = digest`, `sha512-BASE64`."
    TOFU Warning "tofu" "Nothing vouches for the bytes; their first digest is trusted."
        "Upstream publishes no digest that depstate was told of. Add `verify.checksum` where there is one."
    TRUNCATED Error "truncated" "An answer ended early."
        "Fewer bytes came than were announced. Nothing of it was published."
    REDIRECT_REFUSED Refused "redirect-refused" "A redirect that may not be followed."
        "At most five, never from https to http."
    PRIVATE_ADDRESS Refused "private-address" "An address that is not public was not asked."
        "A source, or a redirect, leads to a private, loopback, link-local or metadata address: whoever\nwrites deps.toml could so reach what only this machine can. Checked is the address that is dialled,\nat every redirect. If the host is yours, your own configuration says so:\n`[hosts.\"mirror.corp.example\"]` and `private = true` in `.depstate/config.toml`."
    TOO_SLOW Error "too-slow" "An answer that arrives too slowly to be waited for."
        "Less than 1 KiB a second arrived, over 30 seconds, or no answer began in that time. What came in what time is told. The next run\nmay find a faster server; a mirror of yours stands in `.depstate/config.toml` (`[[rewrite]]`)."
    ANSWER_TOO_LARGE Refused "answer-too-large" "An index is larger than an index may be."
        "At most 256 MiB of an index are read, after decoding. It ends at once where the answer announces\nmore."
    CONFIG_TRACKED Error "config-tracked" "Your own configuration is tracked by git."
        "Who may change a file of the repository, in a pull request too, would decide where tokens go, which\nprivate hosts are asked and which programs run. Take it out (`git rm --cached`), and let the\nmachine that runs depstate have it; `--config FILE` or DEPSTATE_CONFIG may name it."
    RATE_LIMITED Error "rate-limited" "An API answered that it was asked too often."
        "Set GITHUB_TOKEN, or wait until the time that the message names."
    OFFLINE Error "offline" "The command line says that no source is asked."
        "With `--offline` what deps.lock does not have can't be found out. Run again without it."
    NO_REGISTRY Mistake "no-registry" "A registry driver without an address."
        "No registry's address is built in: give `registry = \"https://…\"`, or\n`registry = { env = \"DEPSTATE_…\" }`, or set the variable that the message names."
    UNSUPPORTED_ADDRESS Error "unsupported-address" "An address that the driver can't open."
        "`https://…`, or `registry:` and `dir:` where the driver has such a place."

    // Storage and commit.
    STORAGE_FAILED Error "storage-failed" "The storage could not be reached or answered an error."
        "The message names the bucket and key, the answer, the request id and which credentials were used."
    STORAGE_DENIED Error "storage-denied" "The storage said no."
        "Wrong or missing credentials, or a policy that lacks an action. S3 says 403 for a missing key\ntoo, where `s3:ListBucket` is not granted."
    STORAGE_DAMAGED Error "storage-damaged" "What the bucket says of itself does not hold."
        "An index document or generation is missing or has another digest than the one that names it, or\n`head.json` is gone or can't be read. `depstate doctor` says what is there, and from which generation\nHEAD can be restored."
    HEAD_WENT_BACK Error "head-went-back" "`head.json` is older than what was there before."
        "Its serial is lower than the highest that this checkout has seen (`.depstate/seen.json`), or it\nhas that serial and is another, or the bucket holds a later generation that was committed. Somebody\nrestored an old copy of the bucket, or of `head.json`, or a replica is read that lags behind. What\nwas committed since is not reached any more, and writing on would make that last: nothing is\nchanged. `depstate doctor` lists what is there; `depstate doctor --restore-head GEN` makes a later\ngeneration HEAD again. If the loss is meant, remove `.depstate/seen.json`."
    CLOCK_SKEW Error "clock-skew" "The clock here and the store's differ by more than an hour."
        "What is past its grace is told by the clock, so nothing is collected with one that is wrong."
    MAX_DELETE Refused "max-delete" "More would be deleted than one run may delete."
        "If it is meant: `gc --max-delete N`. Nothing was deleted."
    STORE_UNSAFE Refused "store-unsafe" "The store does not keep conditions."
        "Before the first write to a prefix the store is probed: of several writes under one condition\nexactly one must hold. This one let more through, or took no notice. If nobody else ever writes\nthere, say `single-writer = true` in `[storage]`; it is recorded in the bucket and shown in every\nplan."
    SINGLE_WRITER Warning "single-writer" "The prefix is written to without protection against a second writer."
        "deps.toml says `single-writer = true`: two applies at once may lose each other's work."
    STORE_NEWER Error "store-newer" "The bucket was written by a newer depstate."
        "It may be read, never written."
    NO_SUCH_SERIAL Error "no-such-serial" "The history has no such serial, or does not keep it any more."
        "`depstate history` lists the serials that are kept. Generations are kept for `retention.history`."
    CANT_ROLL_BACK Error "cant-roll-back" "Not all that an older serial had can be published again."
        "An object that was retired is kept for `retention.grace` and then deleted. The message names each\nartifact that is past that. Nothing was changed: put back deps.toml and deps.lock of that time, and\napply fetches from upstream what is missing."
    UNKNOWN_TX Error "unknown-tx" "Nothing is left to tell what became of a transaction."
        "It is in no generation that is kept and has no journal: it is older than both, or of another\nbucket, or somebody removed its journal (then it may even be at work)."
    NOT_OWNER Error "not-owner" "The prefix belongs to another project."
        "One prefix, one project. Use another prefix, or the right deps.toml."
    STALE_PLAN Error "stale-plan" "The saved plan no longer holds: plan again (exit 4)."
        "deps.toml, deps.lock or HEAD changed since, or the plan is older than seven days. Plan again."
    PLAN_FILE Error "plan-file" "A file that is no plan."
        "`depstate plan --out FILE.json` writes one."
    PLAN_UNDECIDED Error "plan-undecided" "The plan can't be applied from a file: a digest is not known yet."
        "Run `depstate lock` first, which downloads once, and plan again."
    LOST_RACE Error "lost-race" "Another apply committed first."
        "With a saved plan: exit 4, plan again. Without: depstate plans and tries again by itself."
    COMMIT_UNKNOWN Error "commit-unknown" "Whether the commit landed is not known (exit 6)."
        "The store did not say, and could not be asked. Running apply again is safe."
    APPLY_RUNNING Error "apply-running" "Another apply runs in this checkout."
        "`.depstate/run.lock` is held. Wait for it."
    PARTLY_APPLIED Error "partly-applied" "Some steps succeeded, some did not (exit 5)."
        "What succeeded is committed; run apply again for the rest."
    NEEDS_YES Error "needs-yes" "Apply asks before it changes anything."
        "There is no terminal to ask on: give `--yes`."
    MAX_RETIRE Refused "max-retire" "More would be retired than the limit allows."
        "A mistake in deps.toml retires everything at once. If it is meant: `--max-retire N`."
    HALF_A_VERSION Error "half-a-version" "A filter would publish a part of a new version."
        "A version that is not published yet enters for all its targets or for none."
    NEEDS_SUCCESSOR Error "needs-successor" "A filter chooses a retire without its successor."
        "A version leaves in the commit that brings its successor. Choose both, or none."
    INTERRUPTED Error "interrupted" "Stopped by an interrupt (exit 130)."
        "What was committed is named; the rest was not."
    EXISTS Error "exists" "A file or a dependency is there already."
        "`init` and `add` never overwrite."
    NOT_IN_CATALOG Error "not-in-catalog" "The catalogue has no such product."
        "`depstate catalog` lists what there is, `depstate catalog WORD` searches in it. What is not in it\nis written by hand: a source driver, a pattern or jq program, an address."
    KEY_MISSING Error "key-missing" "A signer's key could not be had."
        "The catalogue pins the full fingerprints of the keys that may sign. None of them was in the file\nthat the message names, or the file holds no key. Nothing was written."
    FILE_FAILED Error "file-failed" "A local file could not be read or written."
        "The message names it."

    // External drivers.
    DRIVER_NOT_ALLOWED Mistake "driver-not-allowed" "deps.toml names a program that your configuration does not allow."
        "A driver that is not built in is a program on your PATH: `depstate-source-NAME` or\n`depstate-storage-NAME`. deps.toml comes with pull requests, so it alone can't make a program run: your\nown `.depstate/config.toml`, which git does not track, has to allow the program by name and SHA-256.\n`depstate drivers allow NAME` prints the lines; read the program first."
    DRIVER_CHANGED Refused "driver-changed" "An external driver's program is not the file that was allowed."
        "Its SHA-256 differs from the one in `.depstate/config.toml`. It was not run. If the program was updated\non purpose, read what changed, and `depstate drivers allow NAME` prints the new line."
    DRIVER_FAILED Error "driver-failed" "An external driver could not be started, ended, or gave no usable answer."
        "The message names the program, what it was asked, and its last line on stderr. A driver that writes\nanything but answers to stdout, or lines of more than 4 MiB, is ended. One that says nothing for a minute\nis ended too; DEPSTATE_DRIVER_TIMEOUT is another number of seconds. `depstate drivers test NAME` tells what\nit does not keep."

    // Builds and tests.
    NO_EXECUTOR Error "no-executor" "This machine can't run the step as deps.toml asks for."
        "Nothing was run. A weaker protection than the one that is asked for is never taken in silence. `depstate doctor`\nsays what there is on this machine."
    STEP_FAILED Error "step-failed" "A build or test script ended with an error."
        "The message shows its last lines and where the whole log is. `depstate build ADDRESS` or `depstate test\nADDRESS` runs the same step on your machine. The next plan has the artifact again."
    STEP_LIMIT Error "step-limit" "A build or test took more than it may, and was killed."
        "`limits = { time = \"2h\", memory = \"8GiB\", output = \"8GiB\", processes = 4096 }` in `build` or `test` changes it."
    BAD_OUTPUT Error "bad-output" "What a build left is no output that can be published."
        "DEPSTATE_OUTPUT must hold files, folders, and links that stay within it; with `archive = \"file\"` exactly\none file."
    ARCHIVE_REFUSED Refused "archive-refused" "An archive could do harm if it was unpacked."
        "Paths that leave the folder, links out of it, devices, names that meet, headers that disagree, more or\nlarger members than the limits allow. Nothing of it was kept."
    CHECK_FAILED Error "check-failed" "What is to be published does not hold what its test asks for."
        "The message says what was wanted and what was found. Nothing was published; the next plan has the artifact\nagain."
    NOT_REPRODUCIBLE Error "not-reproducible" "Two builds of the same inputs gave different bytes."
        "deps.toml says `reproducible = true`. The message names the first member that differs. Usual causes: a time, a\npath, the order of a listing."
    BAD_LICENSE Mistake "bad-license" "A licence is no SPDX expression."
        "`licenses` lists SPDX ids or expressions: `[\"MIT\"]`, `[\"Apache-2.0 OR MIT\"]`. What has no id is a `LicenseRef-NAME`."
    BAD_PURL Mistake "bad-purl" "A package URL is none."
        "`pkg:TYPE/NAMESPACE/NAME@VERSION?QUALIFIERS#SUBPATH`: `pkg:generic/node@{{ version }}`."
    IMAGE_NOT_PINNED Mistake "image-not-pinned" "A container image is not pinned by its digest."
        "A tag may be another image tomorrow: write `name@sha256:` and 64 hex digits."
    NO_INPUT Error "no-input" "A file that a build or test names is not there."
        "`script`, and an entry of `inputs` without wildcards, must exist beside deps.toml. A glob may match nothing."
    NEED_MISSING Error "need-missing" "A build or test needs another artifact that is not wanted, or that needs this one."
        "`needs = [\"ruby@3.4.*\"]` takes the newest kept version of another dependency, of the same target or `any`."
    BUILD_NETWORK Warning "build-network" "A build or test has the network."
        "deps.toml says `network = true`: what it fetches is in no digest, and may be other bytes tomorrow."
    REBUILD_ASKED Reason "rebuild-asked" "It is built again because `--rebuild` says so."
        "Its inputs are the same."
}
