//! Bodies of the transaction wire formats.

use isobath_sdk::{
    InstructionError, Message, MessageView, Transaction, TransactionError, TransactionLayout,
    TransactionView, builtins::compute_budget::ComputeBudgetInstruction,
    builtins::lookup_table_instruction::LookupTableInstruction, builtins::system::SystemInstruction,
    wire::layout::PACKET_DATA_SIZE, wire::message::MessageVersion, wire::short_vec,
};

use super::prefix::assert_prefix;

/// A length: the bytes that were read are the one encoding of the value.
pub(super) fn short_vec(bytes: &[u8]) -> bool {
    let Ok((value, len)) = short_vec::decode(bytes) else {
        return false;
    };
    let mut written = Vec::new();
    short_vec::encode(value, &mut written);
    assert_eq!(written.len(), len);
    assert_prefix(bytes, &written, len);
    true
}

/// A transaction: layout, view and owned form agree, and the bytes come back.
pub(super) fn transaction(bytes: &[u8]) -> bool {
    let owned = Transaction::parse(bytes);
    let layout = TransactionLayout::parse(bytes);
    assert_eq!(owned.as_ref().err(), layout.as_ref().err());
    let (Ok(owned), Ok(layout)) = (owned, layout) else {
        return false;
    };
    assert!(bytes.len() <= PACKET_DATA_SIZE);
    assert_eq!(layout.size_bytes(), bytes.len());
    assert_eq!(owned.serialize(), bytes);
    let view = TransactionView::new(bytes, layout);
    assert_eq!(view.to_owned(), owned);
    assert_eq!(
        view.signatures().len(),
        usize::from(view.header().num_required_signatures)
    );
    check_view(view.message());
    true
}

/// A message alone, as fee queries carry it.
pub(super) fn message(bytes: &[u8]) -> bool {
    let owned = Message::parse(bytes);
    let view = MessageView::parse(bytes);
    assert_eq!(owned.as_ref().err(), view.as_ref().err());
    let (Ok(owned), Ok(view)) = (owned, view) else {
        return false;
    };
    assert_eq!(owned.serialize(), bytes);
    assert_eq!(view.to_owned(), owned);
    assert_eq!(view.message_hash(), owned.message_hash());
    check_view(view);
    true
}

/// Every rule of the wire that an accepted message keeps, and every accessor.
fn check_view(view: MessageView<'_>) {
    let (static_count, key_count) = (view.static_key_count(), view.key_count());
    assert!(key_count <= 256);
    assert_eq!(view.static_keys().len(), static_count);
    assert!(
        view.is_signer(0) && view.is_requested_writable(0),
        "the fee payer signs and is writable"
    );
    assert!(!view.is_requested_writable(key_count));
    assert_eq!(view.instructions().len(), view.instructions().count());
    assert_eq!(view.lookups().len(), view.lookups().count());
    for instruction in view.instructions() {
        assert!(
            instruction.program_id_index != 0 && usize::from(instruction.program_id_index) < static_count
        );
        assert!(
            instruction
                .accounts
                .iter()
                .all(|&index| usize::from(index) < key_count)
        );
    }
    assert!(
        view.lookups()
            .all(|lookup| !lookup.writable.is_empty() || !lookup.readonly.is_empty())
    );
    assert!(view.version() == MessageVersion::V0 || view.lookup_account_count() == 0);
}

/// The binary form of errors, of transactions and of instructions.
pub(super) fn transaction_error(bytes: &[u8]) -> bool {
    if let Ok(error) = InstructionError::from_bincode(bytes) {
        assert_eq!(error.to_bincode(), bytes);
    }
    let Ok(error) = TransactionError::from_bincode(bytes) else {
        return false;
    };
    assert_eq!(error.to_bincode(), bytes);
    let json = serde_json::to_string(&error).expect("errors have a JSON form");
    assert_eq!(
        serde_json::from_str::<TransactionError>(&json).expect("the JSON form reads back"),
        error
    );
    let borsh = borsh::to_vec(&error).expect("errors have a borsh form");
    assert_eq!(
        borsh::from_slice::<TransactionError>(&borsh).expect("the borsh form reads back"),
        error
    );
    true
}

/// Data of a system instruction; bytes at the end are tolerated.
pub(super) fn system_instruction(bytes: &[u8]) -> bool {
    let Ok(instruction) = SystemInstruction::decode(bytes) else {
        return false;
    };
    let written = instruction.encode();
    assert_prefix(bytes, &written, written.len());
    true
}

/// Data of a lookup table instruction; bytes at the end are tolerated.
pub(super) fn lookup_table_instruction(bytes: &[u8]) -> bool {
    let Ok(instruction) = LookupTableInstruction::decode(bytes) else {
        return false;
    };
    let written = instruction.encode();
    assert_prefix(bytes, &written, written.len());
    true
}

/// Data of a compute budget instruction; bytes at the end are tolerated.
pub(super) fn compute_budget(bytes: &[u8]) -> bool {
    let Ok(instruction) = ComputeBudgetInstruction::decode(bytes) else {
        return false;
    };
    let written = instruction.encode();
    assert_prefix(bytes, &written, written.len());
    true
}
