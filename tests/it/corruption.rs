//! A published chain is damaged in every way that comes to mind, at random, and each damage must be
//! found and named by whoever verifies it.
//!
//! `PORCHLIGHT_SEED` repeats a run, `PORCHLIGHT_CORRUPTIONS` makes it longer.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use diesel::prelude::*;
use diesel::sql_types::Text;
use porchlight::config::StorageLocation;
use porchlight::record::{RESOURCES, ReleaseId};
use porchlight::release::database::ReleaseDatabase;
use porchlight::release::root;
use porchlight::release::{
    DATASET_FILE, Fault, FaultKind, MANIFEST_FILE, Manifest, SIGNATURES, SUMS_FILE, SigningKey,
    VerifyError, digest, verify_chain, verify_release,
};
use porchlight::storage::Storage;
use serde_json::Value;

use crate::support::chain::{Chain, execute, tree};
use crate::support::world::figure;

const LATEST: &str = "latest.json";

/// `SplitMix64`: the same numbers from the same seed, everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below that one.
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// The sorts of damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    Flip,
    Cut,
    Grow,
    Remove,
    Add,
    Exchange,
    Row,
    RowHashed,
    RowRooted,
    Unlisted,
    ManifestField,
    Relink,
    SwapManifests,
    SignatureOfAnotherKey,
    SignatureOfAnotherRelease,
}

impl Sort {
    const ALL: [Self; 15] = [
        Self::Flip,
        Self::Cut,
        Self::Grow,
        Self::Remove,
        Self::Add,
        Self::Exchange,
        Self::Row,
        Self::RowHashed,
        Self::RowRooted,
        Self::Unlisted,
        Self::ManifestField,
        Self::Relink,
        Self::SwapManifests,
        Self::SignatureOfAnotherKey,
        Self::SignatureOfAnotherRelease,
    ];
}

/// What was damaged, and so must be named.
#[derive(Debug)]
struct Damage {
    #[expect(dead_code, reason = "shown where it was not named")]
    what: String,
    /// Any of these files of that release.
    file: (ReleaseId, String),
    /// And this table.
    table: Option<String>,
}

/// A chain that is damaged and restored.
struct Victim {
    home: PathBuf,
    storage: Storage,
    key: Option<SigningKey>,
    releases: Vec<ReleaseId>,
    good: BTreeMap<PathBuf, Vec<u8>>,
    random: Random,
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = Text)]
    id: String,
}

impl Victim {
    fn new(chain: &Chain, key: Option<SigningKey>, seed: u64) -> Self {
        let home = chain.home("home");
        let storage = Storage::open(&StorageLocation::Folder(home.clone())).unwrap();
        let good: BTreeMap<_, _> = tree(&home)
            .into_iter()
            .filter(|(path, _)| path.starts_with("releases") || path == Path::new(LATEST))
            .collect();
        let names = good.keys().filter(|path| path.ends_with(MANIFEST_FILE));
        let folder = |path: &PathBuf| path.parent().unwrap().file_name().unwrap().to_owned();
        let releases = names.map(|path| folder(path).to_str().unwrap().parse().unwrap()).collect();
        Self { home, storage, key, releases, good, random: Random(seed) }
    }

    fn path(&self, release: ReleaseId, file: &str) -> PathBuf {
        self.home.join("releases").join(release.to_string()).join(file)
    }

    fn newest(&self) -> ReleaseId {
        *self.releases.last().unwrap()
    }

    /// Any published file: its release and its name. `latest.json` counts to the newest.
    fn any_file(&mut self) -> (ReleaseId, String, PathBuf) {
        let paths: Vec<&PathBuf> = self.good.keys().collect();
        let path = (*self.random.pick(&paths)).clone();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let folder = path.parent().unwrap().file_name();
        let release = folder.map_or(self.newest(), |name| name.to_str().unwrap().parse().unwrap());
        (release, name, self.home.join(path))
    }

    fn any_release(&mut self) -> ReleaseId {
        *self.random.pick(&self.releases)
    }

    fn manifest(&self, release: ReleaseId) -> Manifest {
        Manifest::read(&fs::read(self.path(release, MANIFEST_FILE)).unwrap()).unwrap()
    }

    fn write_manifest(&self, release: ReleaseId, manifest: &Manifest) {
        fs::write(self.path(release, MANIFEST_FILE), manifest.to_bytes()).unwrap();
    }

    /// Puts every file back, and takes away what was added.
    fn restore(&self) {
        for path in tree(&self.home.join("releases")).into_keys() {
            let path = Path::new("releases").join(path);
            if !self.good.contains_key(&path) {
                fs::remove_file(self.home.join(path)).unwrap();
            }
        }
        for (path, bytes) in &self.good {
            let path = self.home.join(path);
            if fs::read(&path).ok().as_ref() != Some(bytes) {
                fs::write(path, bytes).unwrap();
            }
        }
    }

    /// What is wrong with the whole chain.
    async fn faults(&self, scratch: &Path) -> Vec<Fault> {
        let public = self.key.as_ref().map(SigningKey::public);
        let report = verify_chain(&self.storage, public, scratch).await.unwrap();
        report.faults().cloned().collect()
    }

    /// What is wrong with one release, which is found faster; with the chain, where it has no
    /// manifest any more.
    async fn faults_of(&self, release: ReleaseId, scratch: &Path) -> Vec<Fault> {
        let public = self.key.as_ref().filter(|_| release == self.newest());
        let public = public.map(SigningKey::public);
        match verify_release(&self.storage, release, public, scratch).await {
            Ok(report) => report.faults,
            Err(VerifyError::NoSuchRelease(_)) => self.faults(scratch).await,
            Err(error) => panic!("{error}"),
        }
    }

    /// Does a damage of that sort; none where it would change nothing.
    fn damage(&mut self, sort: Sort) -> Option<Damage> {
        match sort {
            Sort::Flip => Some(self.flip()),
            Sort::Cut => Some(self.cut()),
            Sort::Grow => Some(self.grow()),
            Sort::Remove => Some(self.remove()),
            Sort::Add => Some(self.add()),
            Sort::Exchange => self.exchange(),
            Sort::Row | Sort::RowHashed | Sort::RowRooted => Some(self.row(sort)),
            Sort::Unlisted => Some(self.row_of_no_resource()),
            Sort::ManifestField => Some(self.manifest_field()),
            Sort::Relink => self.relink(),
            Sort::SwapManifests => Some(self.swap_manifests()),
            Sort::SignatureOfAnotherKey => self.sign_with_another_key(),
            Sort::SignatureOfAnotherRelease => self.exchange_signature(),
        }
    }

    fn flip(&mut self) -> Damage {
        let (release, name, path) = self.any_file();
        let mut bytes = fs::read(&path).unwrap();
        if bytes.is_empty() {
            bytes.push(0);
        }
        let (at, bit) = (self.random.below(bytes.len()), self.random.below(8));
        bytes[at] ^= 1 << bit;
        fs::write(path, bytes).unwrap();
        Damage { what: format!("bit {bit} of byte {at}"), file: (release, name), table: None }
    }

    fn cut(&mut self) -> Damage {
        let (release, name, path) = self.any_file();
        let bytes = fs::read(&path).unwrap();
        let length = if bytes.is_empty() { 0 } else { self.random.below(bytes.len()) };
        let mut left = bytes[..length].to_vec();
        if left == bytes {
            left.push(b'x');
        }
        fs::write(path, left).unwrap();
        Damage { what: format!("cut to {length} bytes"), file: (release, name), table: None }
    }

    fn grow(&mut self) -> Damage {
        let (release, name, path) = self.any_file();
        let mut bytes = fs::read(&path).unwrap();
        let more = 1 + self.random.below(9);
        bytes.extend(std::iter::repeat_n(*self.random.pick(b"\n x\0"), more));
        fs::write(path, bytes).unwrap();
        Damage { what: format!("{more} bytes more"), file: (release, name), table: None }
    }

    fn remove(&mut self) -> Damage {
        let (release, name, path) = self.any_file();
        fs::remove_file(path).unwrap();
        Damage { what: "removed".to_owned(), file: (release, name), table: None }
    }

    fn add(&mut self) -> Damage {
        let release = self.any_release();
        let names = ["agencies.csv.bak", "notes.txt", "x.minisig", "LATEST", "agencies.json"];
        let name = (*self.random.pick(&names)).to_owned();
        fs::write(self.path(release, &name), "x").unwrap();
        Damage { what: "added".to_owned(), file: (release, name), table: None }
    }

    /// The same file of another release.
    fn exchange(&mut self) -> Option<Damage> {
        let (release, name, path) = self.any_file();
        let other = self.any_release();
        let theirs = fs::read(self.path(other, &name)).ok()?;
        if theirs == fs::read(&path).unwrap() {
            return None;
        }
        fs::write(path, theirs).unwrap();
        Some(Damage { what: format!("that of {other}"), file: (release, name), table: None })
    }

    /// A record is removed or changed, and as much is hashed again as the sort says.
    fn row(&mut self, sort: Sort) -> Damage {
        let release = self.any_release();
        let dataset = self.path(release, DATASET_FILE);
        let (table, id) = loop {
            let table = self.random.pick(RESOURCES).table;
            let ids = ids(&dataset, table);
            if !ids.is_empty() {
                break (table, self.random.pick(&ids).clone());
            }
        };
        let sql = match self.random.below(3) {
            0 => format!("DELETE FROM {table} WHERE id = '{id}'"),
            1 => {
                format!("UPDATE {table} SET evidence_count = evidence_count + 1 WHERE id = '{id}'")
            }
            _ => format!("UPDATE {table} SET first_release = '2020-01-01.1' WHERE id = '{id}'"),
        };
        execute(&dataset, &sql);
        if sort != Sort::Row {
            self.hash_again(release, sort == Sort::RowRooted);
        }
        // Where the roots were computed again as well, the other files of the table speak up.
        let table = (sort != Sort::RowRooted).then(|| table.to_owned());
        let file = if sort == Sort::RowRooted { MANIFEST_FILE } else { DATASET_FILE };
        Damage { what: sql, file: (release, file.to_owned()), table }
    }

    /// A row of a table that has no root, hashed again.
    fn row_of_no_resource(&mut self) -> Damage {
        let release = self.any_release();
        let statements = [
            "DELETE FROM identities WHERE rowid = (SELECT min(rowid) FROM identities)",
            "UPDATE editions SET drafts = drafts + 1",
            "DELETE FROM search WHERE rowid = (SELECT min(rowid) FROM search)",
            "UPDATE meta SET value = '2020-01-01T00:00:00Z' WHERE key = 'published_at'",
            "UPDATE gates SET passed = 0 WHERE rowid = 1",
            "CREATE TABLE extra (x); INSERT INTO extra VALUES (1)",
        ];
        let sql = (*self.random.pick(&statements)).to_owned();
        execute(&self.path(release, DATASET_FILE), &sql);
        self.hash_again(release, false);
        Damage { what: sql, file: (release, MANIFEST_FILE.to_owned()), table: None }
    }

    /// Makes hashes, and perhaps roots, those of the release file as it is.
    fn hash_again(&self, release: ReleaseId, roots: bool) {
        let mut manifest = self.manifest(release);
        let dataset = self.path(release, DATASET_FILE);
        let rehash = |manifest: &mut Manifest, name: &str, path: &Path| {
            let bytes = fs::read(path).unwrap();
            let file = manifest.files.iter_mut().find(|file| file.name == name).unwrap();
            file.bytes = bytes.len() as u64;
            let old = std::mem::replace(&mut file.sha256, digest::sha256(&bytes));
            (old, file.sha256.clone())
        };
        let (old, new) = rehash(&mut manifest, DATASET_FILE, &dataset);
        let sums = self.path(release, SUMS_FILE);
        let text = fs::read_to_string(&sums).unwrap();
        fs::write(&sums, text.replace(&old, &new)).unwrap();
        rehash(&mut manifest, SUMS_FILE, &sums);
        if roots {
            // A file without the first record of a table is not even opened.
            if let Ok(rows) = ReleaseDatabase::open(&dataset) {
                manifest.tables = root::tables(&rows).unwrap();
            }
        }
        self.write_manifest(release, &manifest);
    }

    fn manifest_field(&mut self) -> Damage {
        let release = self.any_release();
        let bytes = fs::read(self.path(release, MANIFEST_FILE)).unwrap();
        let mut value: Value = serde_json::from_slice(&bytes).unwrap();
        let mut leaves = Vec::new();
        collect(&value, String::new(), &mut leaves);
        let at = self.random.pick(&leaves).clone();
        let leaf = value.pointer_mut(&at).unwrap();
        match leaf {
            Value::Null => *leaf = "x".into(),
            Value::Bool(yes) => *yes = !*yes,
            Value::Number(number) => *leaf = (number.as_u64().unwrap() + 1).into(),
            Value::String(text) => {
                let last = text.pop();
                text.push(if last == Some('1') { '2' } else { '1' });
            }
            Value::Array(_) | Value::Object(_) => unreachable!("no leaf"),
        }
        let edited = serde_json::from_value::<Manifest>(value.clone());
        let edited = edited.map_or_else(|_| value.to_string().into_bytes(), |m| m.to_bytes());
        assert_ne!(edited, bytes, "{at}");
        fs::write(self.path(release, MANIFEST_FILE), edited).unwrap();
        Damage { what: at, file: (release, MANIFEST_FILE.to_owned()), table: None }
    }

    /// Another release, or another hash of it, is named as the one before.
    fn relink(&mut self) -> Option<Damage> {
        let release = self.any_release();
        let mut manifest = self.manifest(release);
        let other = self.any_release();
        let link = manifest.previous.as_mut()?;
        match self.random.below(3) {
            0 => link.manifest_sha256 = digest::sha256(b"another"),
            1 if other != link.release => link.release = other,
            2 => manifest.previous = None,
            _ => return None,
        }
        self.write_manifest(release, &manifest);
        let what = "another release before it".to_owned();
        Some(Damage { what, file: (release, MANIFEST_FILE.to_owned()), table: None })
    }

    fn swap_manifests(&mut self) -> Damage {
        let one = self.random.below(self.releases.len() - 1);
        let [one, two] = [one, one + 1].map(|at| self.releases[at]);
        let [first, second] = [one, two].map(|id| fs::read(self.path(id, MANIFEST_FILE)).unwrap());
        fs::write(self.path(one, MANIFEST_FILE), second).unwrap();
        fs::write(self.path(two, MANIFEST_FILE), first).unwrap();
        let what = format!("in the place of that of {two}");
        Damage { what, file: (one, MANIFEST_FILE.to_owned()), table: None }
    }

    fn sign_with_another_key(&mut self) -> Option<Damage> {
        self.key.as_ref()?;
        let release = self.any_release();
        let (name, of) = *self.random.pick(SIGNATURES);
        let signed = fs::read(self.path(release, of)).unwrap();
        let other = SigningKey::generate().unwrap();
        fs::write(self.path(release, name), other.sign(release, &signed).unwrap()).unwrap();
        let what = "by another key".to_owned();
        Some(Damage { what, file: (release, name.to_owned()), table: None })
    }

    fn exchange_signature(&mut self) -> Option<Damage> {
        self.key.as_ref()?;
        let (release, other) = (self.any_release(), self.any_release());
        let [name, from] = [(); 2].map(|()| self.random.pick(SIGNATURES).0);
        if (release, name) == (other, from) {
            return None;
        }
        fs::copy(self.path(other, from), self.path(release, name)).unwrap();
        let what = format!("{from} of {other}");
        Some(Damage { what, file: (release, name.to_owned()), table: None })
    }
}

fn ids(dataset: &Path, table: &str) -> Vec<String> {
    let mut connection = SqliteConnection::establish(dataset.to_str().unwrap()).unwrap();
    let rows = diesel::sql_query(format!("SELECT id FROM {table} ORDER BY id"));
    rows.load::<Id>(&mut connection).unwrap().into_iter().map(|row| row.id).collect()
}

/// The JSON pointers of everything in a value that holds no more.
fn collect(value: &Value, at: String, leaves: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                collect(value, format!("{at}/{name}"), leaves);
            }
        }
        Value::Array(items) => {
            for (number, value) in items.iter().enumerate() {
                collect(value, format!("{at}/{number}"), leaves);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => leaves.push(at),
    }
}

fn names(faults: &[Fault], damage: &Damage) -> bool {
    let (release, file) = &damage.file;
    faults.iter().any(|fault| {
        let table = match (&damage.table, &fault.kind) {
            (None, _) | (Some(_), FaultKind::Unreadable { .. }) => true,
            (Some(table), FaultKind::Root { table: named }) => table == named,
            (Some(_), _) => false,
        };
        fault.release == *release && fault.file == *file && table
    })
}

/// Whether a file of another release is blamed. Of two manifests that disagree, either may be.
fn slanders(faults: &[Fault], damage: &Damage) -> bool {
    faults.iter().any(|fault| {
        let between = [MANIFEST_FILE, LATEST].contains(&fault.file.as_str());
        fault.release != damage.file.0 && !between
    })
}

async fn corrupt(signed: bool, count: usize, seed: u64) {
    let chain = Chain::new();
    let key = signed.then(|| chain.key("publisher"));
    for edition in 0..3 {
        chain.publish("home", edition, key.as_ref().map(|(path, _)| path.as_path())).await;
    }
    let scratch = tempfile::tempdir().unwrap();
    let mut victim = Victim::new(&chain, key.map(|(_, key)| key), seed);
    assert_eq!(victim.releases.len(), 3);
    assert_eq!(victim.faults(scratch.path()).await, []);

    let (mut done, mut sorts) = (0, BTreeMap::new());
    let mut missed = Vec::new();
    while done < count {
        let sort = Sort::ALL[victim.random.below(Sort::ALL.len())];
        if let Some(damage) = victim.damage(sort) {
            let faults = if done % 5 == 0 {
                victim.faults(scratch.path()).await
            } else {
                victim.faults_of(damage.file.0, scratch.path()).await
            };
            if !names(&faults, &damage)
                || (sort != Sort::SwapManifests && slanders(&faults, &damage))
            {
                missed.push(format!("{sort:?} {damage:?}\n  found {faults:?}"));
            }
            *sorts.entry(sort).or_insert(0) += 1;
            done += 1;
        }
        victim.restore();
    }
    assert_eq!(victim.faults(scratch.path()).await, []);
    assert!(missed.is_empty(), "seed {seed}: {} missed\n{}", missed.len(), missed.join("\n"));
    figure(&format!("seed {seed}, signed {signed}: {done} corruptions, all named: {sorts:?}"));
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var_os(variable).map_or(default, |text| text.to_str().unwrap().parse().unwrap())
}

#[tokio::test]
async fn every_corruption_of_a_signed_chain_is_named() {
    let count = number("PORCHLIGHT_CORRUPTIONS", 120);
    corrupt(true, count.try_into().unwrap(), number("PORCHLIGHT_SEED", 4)).await;
}

#[tokio::test]
async fn every_corruption_of_an_unsigned_chain_is_named() {
    let count = number("PORCHLIGHT_CORRUPTIONS", 90);
    corrupt(false, count.try_into().unwrap(), number("PORCHLIGHT_SEED", 5)).await;
}
