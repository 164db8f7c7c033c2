//! probe
use isobath_signature_tests::paths;
use isobath_sigverify::*;
use ed25519_dalek::*;
fn main() {
    let owned: Vec<([u8;32], Vec<u8>, [u8;64])> = (0..200u8).map(|n| { let s = SigningKey::from_bytes(&[n;32]); let m = vec![n; 200]; (s.verifying_key().to_bytes(), m.clone(), s.sign(&m).to_bytes()) }).collect();
    for mut p in paths::fast() {
        let mut out = vec![];
        for n in (1..=70).chain([100,128,199]) {
            let items: Vec<Item<'_>> = owned[..n].iter().map(|(k,m,s)| Item{key:k,message:m,signature:s}).collect();
            let v = p.verify(&items);
            let bad: Vec<usize> = (0..n).filter(|&i| v[i].is_err()).collect();
            if !bad.is_empty() { out.push((n, bad.len(), bad[0], v[bad[0]])); }
        }
        println!("{}: {:?}", p.name, out);
    }
}
