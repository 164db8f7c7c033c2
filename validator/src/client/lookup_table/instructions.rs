//! Instructions of the lookup table program, in Solana's format.
//!
//! ```text
//!  tag u32 (0 create, 1 freeze, 2 extend, 3 deactivate, 4 close) | create: recent_slot u64, bump u8
//!                                                                | extend: count u64, keys of 32 bytes
//! ```

use isobath_sdk::{AccountMeta, Instruction, Pubkey, ids};

const CREATE: u32 = 0;
const FREEZE: u32 = 1;
const EXTEND: u32 = 2;
const DEACTIVATE: u32 = 3;
const CLOSE: u32 = 4;

fn build(tag: u32, fields: &[u8], accounts: Vec<AccountMeta>) -> Instruction {
    let data = [&tag.to_le_bytes()[..], fields].concat();
    Instruction::new(ids::ADDRESS_LOOKUP_TABLE_PROGRAM, accounts, data)
}

/// Makes a table at the address derived from its authority and a recent slot, and that address. Only the payer signs;
/// `None` if no address can be derived.
pub(super) fn create(authority: &Pubkey, payer: &Pubkey, recent_slot: u64) -> Option<(Pubkey, Instruction)> {
    let slot = recent_slot.to_le_bytes();
    let program = &ids::ADDRESS_LOOKUP_TABLE_PROGRAM;
    let (table, bump) = Pubkey::find_program_address(&[authority.as_bytes(), &slot], program)?;
    let accounts = vec![
        AccountMeta::writable(table),
        AccountMeta::readonly(*authority),
        AccountMeta::signer_writable(*payer),
        AccountMeta::readonly(ids::SYSTEM_PROGRAM),
    ];
    Some((table, build(CREATE, &[&slot[..], &[bump]].concat(), accounts)))
}

/// Makes a table unchangeable.
pub(super) fn freeze(table: &Pubkey, authority: &Pubkey) -> Instruction {
    build(
        FREEZE,
        &[],
        vec![AccountMeta::writable(*table), AccountMeta::signer(*authority)],
    )
}

/// Appends addresses; the payer pays for the rent minimum that grows with them.
pub(super) fn extend(
    table: &Pubkey,
    authority: &Pubkey,
    payer: &Pubkey,
    addresses: &[Pubkey],
) -> Instruction {
    let mut fields = (addresses.len() as u64).to_le_bytes().to_vec();
    fields.extend(addresses.iter().flat_map(|address| address.0));
    let accounts = vec![
        AccountMeta::writable(*table),
        AccountMeta::signer(*authority),
        AccountMeta::signer_writable(*payer),
        AccountMeta::readonly(ids::SYSTEM_PROGRAM),
    ];
    build(EXTEND, &fields, accounts)
}

/// Puts a table out of use.
pub(super) fn deactivate(table: &Pubkey, authority: &Pubkey) -> Instruction {
    build(
        DEACTIVATE,
        &[],
        vec![AccountMeta::writable(*table), AccountMeta::signer(*authority)],
    )
}

/// Deletes a deactivated table; its lamports go to `recipient`.
pub(super) fn close(table: &Pubkey, authority: &Pubkey, recipient: &Pubkey) -> Instruction {
    let accounts = vec![
        AccountMeta::writable(*table),
        AccountMeta::signer(*authority),
        AccountMeta::writable(*recipient),
    ];
    build(CLOSE, &[], accounts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_have_their_bytes_and_accounts() {
        let (authority, payer) = (Pubkey([1; 32]), Pubkey([2; 32]));
        let (table, made) = create(&authority, &payer, 0x0102).unwrap();
        let program = ids::ADDRESS_LOOKUP_TABLE_PROGRAM;
        let slot = [2, 1, 0, 0, 0, 0, 0, 0];
        let (expected, bump) = Pubkey::find_program_address(&[&authority.0, &slot], &program).unwrap();
        assert_eq!(table, expected);
        assert_eq!(made.data, [&[0; 4][..], &slot, &[bump]].concat());
        let access = |instruction: &Instruction| -> Vec<_> {
            let metas = instruction.accounts.iter();
            metas.map(|meta| (meta.is_signer, meta.is_writable)).collect()
        };
        assert_eq!(
            access(&made),
            [(false, true), (false, false), (true, true), (false, false)]
        );

        let extended = extend(&table, &authority, &payer, &[payer]);
        assert_eq!(
            extended.data,
            [&[2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0][..], &payer.0].concat()
        );
        assert_eq!(
            access(&extended),
            [(false, true), (true, false), (true, true), (false, false)]
        );
        for (tag, instruction) in [
            (1, freeze(&table, &authority)),
            (3, deactivate(&table, &authority)),
        ] {
            assert_eq!(instruction.data, [tag, 0, 0, 0]);
            assert_eq!(access(&instruction), [(false, true), (true, false)]);
        }
        let closed = close(&table, &authority, &payer);
        assert_eq!(closed.data, [4, 0, 0, 0]);
        assert_eq!(access(&closed), [(false, true), (true, false), (false, true)]);
    }
}
