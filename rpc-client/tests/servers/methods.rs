//! What the typed methods send, and what they make of a node's answers.

use isobath_rpc_client::{
    ACCOUNTS_PER_CALL, ClientConfig, Commitment, Encoding, Preflight, RpcClient, RpcError, Search,
};
use isobath_sdk::{Hash, Keypair, Message, MessageVersion, Pubkey, Signature, builtins::system};
use serde_json::{Value, json};

use crate::client_of;
use crate::scripted::{Reply, serve};

/// A client of a server that holds one request against `method` and `params` and answers `result`.
fn expecting(method: &'static str, params: Value, result: Value) -> RpcClient {
    client_of(move |request| {
        assert_eq!(request["jsonrpc"], "2.0");
        match request["method"] == method && request["params"] == params {
            true => Reply::Result(result.clone()),
            false => Reply::Body(format!("not what was expected: {request}")),
        }
    })
}

fn confirmed() -> Value {
    json!({"commitment": "confirmed"})
}

fn with_slot(value: &Value) -> Value {
    json!({"context": {"slot": 9, "apiVersion": "1"}, "value": value})
}

#[tokio::test]
async fn numbers_of_the_chain() {
    assert_eq!(
        expecting("getSlot", json!([confirmed()]), json!(5)).slot().await,
        Ok(5)
    );
    let rpc = expecting("getBlockHeight", json!([confirmed()]), json!(4));
    assert_eq!(rpc.block_height().await, Ok(4));
    let rpc = expecting(
        "getMinimumBalanceForRentExemption",
        json!([80, confirmed()]),
        json!(1_447_680),
    );
    assert_eq!(rpc.minimum_balance(80).await, Ok(1_447_680));
    let value = with_slot(&json!({"blockhash": Hash([3; 32]), "lastValidBlockHeight": 155}));
    let rpc = expecting("getLatestBlockhash", json!([confirmed()]), value);
    let newest = rpc.latest_blockhash().await.unwrap();
    assert_eq!(
        (newest.blockhash, newest.last_valid_block_height),
        (Hash([3; 32]), 155)
    );
}

#[tokio::test]
async fn the_commitment_of_the_client_goes_with_each_call() {
    let url = serve(|request| Reply::Result(request["params"][0]["commitment"].clone()));
    for commitment in Commitment::ALL {
        let config = ClientConfig {
            commitment,
            ..ClientConfig::default()
        };
        let rpc = RpcClient::new(&url, config).unwrap();
        let seen: Commitment = rpc.call("getSlot", (rpc.config(),)).await.unwrap();
        assert_eq!(seen, commitment);
    }
}

#[tokio::test]
async fn accounts_and_balances() {
    let address = Pubkey([1; 32]);
    let rpc = expecting("getBalance", json!([address, confirmed()]), with_slot(&json!(70)));
    assert_eq!(rpc.balance(&address).await, Ok(70));

    let config = json!({"encoding": "base64", "commitment": "confirmed"});
    let account = json!({
        "lamports": 1, "owner": Pubkey([2; 32]), "executable": true, "rentEpoch": 0, "data": ["AQID", "base64"],
    });
    let rpc = expecting("getAccountInfo", json!([address, config]), with_slot(&account));
    let found = rpc.account(&address).await.unwrap().unwrap();
    assert_eq!(
        (found.data.as_slice(), found.owner),
        (&[1, 2, 3][..], Pubkey([2; 32]))
    );
    let rpc = expecting(
        "getAccountInfo",
        json!([address, config]),
        with_slot(&Value::Null),
    );
    assert_eq!(rpc.account(&address).await, Ok(None));
}

#[tokio::test]
async fn many_balances_come_in_order_whatever_the_calls() {
    let rpc = client_of(|request| {
        let keys: Vec<Pubkey> = serde_json::from_value(request["params"][0].clone()).unwrap();
        assert!(keys.len() <= ACCOUNTS_PER_CALL);
        assert_eq!(request["params"][1]["dataSlice"]["length"], 0);
        let account = |key: &Pubkey| match key.0[0] % 5 {
            0 => Value::Null,
            _ => json!({"lamports": key.0[0]}),
        };
        Reply::Result(json!({"value": keys.iter().map(account).collect::<Vec<_>>()}))
    });
    let keys: Vec<_> = (0..=250).map(|number| Pubkey([number; 32])).collect();
    let expected: Vec<u64> = keys
        .iter()
        .map(|key| if key.0[0] % 5 == 0 { 0 } else { key.0[0].into() })
        .collect();
    assert_eq!(rpc.balances(&keys).await.unwrap(), expected);
    assert_eq!(rpc.balances(&[]).await, Ok(Vec::new()));
}

#[tokio::test]
async fn a_list_of_another_length_is_an_invalid_answer() {
    let rpc = client_of(|_| Reply::Result(json!({"value": [null]})));
    let error = rpc.balances(&[Pubkey([1; 32]); 2]).await.unwrap_err();
    assert!(matches!(error, RpcError::InvalidAnswer { .. }), "{error:?}");
    assert!(error.to_string().contains("1 values for 2 keys"), "{error}");
}

#[tokio::test]
async fn statuses_take_signatures_and_texts() {
    let signature = Signature([4; 64]);
    let status = json!({"slot": 5, "confirmations": null, "err": null, "confirmationStatus": "finalized"});
    for (search, is_whole) in [(Search::Recent, false), (Search::WholeHistory, true)] {
        let params = json!([[signature], {"searchTransactionHistory": is_whole}]);
        let rpc = expecting("getSignatureStatuses", params, with_slot(&json!([status])));
        let found = rpc.status(&signature, search).await.unwrap().unwrap();
        assert_eq!(
            (found.slot, found.confirmation_status),
            (5, Some(Commitment::Finalized))
        );
        let found = rpc.statuses(&[signature.to_string()], search).await.unwrap();
        assert_eq!(found.len(), 1);
    }
}

#[tokio::test]
async fn sending_one_and_many() {
    let signature = Signature([4; 64]);
    let params = json!([
        "AQID", {"encoding": "base64", "skipPreflight": false, "preflightCommitment": "confirmed"},
    ]);
    let rpc = expecting("sendTransaction", params, json!(signature));
    assert_eq!(
        rpc.send_transaction("AQID", Preflight::Simulate).await,
        Ok(signature)
    );

    let rpc = client_of(|request| {
        let answer = |call: &Value| {
            assert_eq!(
                call["params"][1],
                json!({"encoding": "base64", "skipPreflight": true})
            );
            match call["params"][0].as_str() {
                Some("b") => {
                    json!({"jsonrpc": "2.0", "id": call["id"], "error": {"code": -32_005, "message": "busy"}})
                }
                _ => json!({"jsonrpc": "2.0", "id": call["id"], "result": "signature"}),
            }
        };
        let mut answers: Vec<_> = request.as_array().unwrap().iter().map(answer).collect();
        // The protocol leaves the order of the answers open.
        answers.reverse();
        Reply::Body(json!(answers).to_string())
    });
    let answers = rpc
        .send_transactions(&["a", "b", "c"], Preflight::Skip)
        .await
        .unwrap();
    let [Ok(()), Err(refusal), Ok(())] = answers.as_slice() else {
        panic!("{answers:?}")
    };
    assert!(refusal.is_busy());
    assert_eq!(rpc.send_transactions(&[], Preflight::Skip).await, Ok(Vec::new()));
}

#[tokio::test]
async fn a_batch_with_missing_or_foreign_answers_has_an_open_fate() {
    let answer = |id: u64| json!({"jsonrpc": "2.0", "id": id, "result": "signature"});
    for ids in [&[0][..], &[], &[0, 0], &[0, 7], &[0, 1, 2]] {
        let body = json!(ids.iter().copied().map(answer).collect::<Vec<_>>()).to_string();
        let rpc = client_of(move |_| Reply::Body(body.clone()));
        let error = rpc
            .send_transactions(&["a", "b"], Preflight::Skip)
            .await
            .unwrap_err();
        assert!(
            matches!(error, RpcError::InvalidAnswer { .. }),
            "{ids:?}: {error:?}"
        );
        assert!(!error.is_undelivered());
    }
}

#[tokio::test]
async fn fees_airdrops_transactions_and_blocks() {
    let payer = Keypair::from_seed([1; 32]).pubkey();
    let transfer = system::transfer(&payer, &Pubkey([2; 32]), 3);
    let message = Message::compile(MessageVersion::Legacy, &payer, &[transfer], Hash([5; 32])).unwrap();
    let rpc = client_of(|request| {
        assert_eq!(request["method"], "getFeeForMessage");
        Reply::Result(with_slot(&json!(5_000)))
    });
    assert_eq!(rpc.fee(&message).await, Ok(Some(5_000)));

    let signature = Signature([4; 64]);
    let rpc = expecting("requestAirdrop", json!([payer, 7, confirmed()]), json!(signature));
    assert_eq!(rpc.request_airdrop(&payer, 7).await, Ok(signature));

    let config =
        json!({"encoding": "base64", "commitment": "confirmed", "maxSupportedTransactionVersion": 0});
    let rpc = expecting("getTransaction", json!([signature, config]), json!({"slot": 3}));
    let found: Option<Value> = rpc.transaction(signature, Encoding::Base64).await.unwrap();
    assert_eq!(found, Some(json!({"slot": 3})));

    let config = json!({
        "encoding": "jsonParsed", "transactionDetails": "full", "rewards": false, "maxSupportedTransactionVersion": 0,
        "commitment": "confirmed",
    });
    let rpc = expecting("getBlock", json!([3, config]), Value::Null);
    assert_eq!(rpc.block::<Value>(3, Encoding::JsonParsed).await, Ok(None));
}
