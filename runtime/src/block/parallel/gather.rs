//! What became of the transactions of a block, put in block order.

use isobath_sdk::chain::record::Executions;

use super::buffers::ParallelBuffers;
use super::lane::LaneEnd;
use crate::block::lane::Totals;
use crate::block::seal::Executed;

/// Takes the transactions out of the order, and what became of them out of the lanes; the buffers are then free for the next
/// block.
pub(super) fn gather(buffers: &mut ParallelBuffers, mut ends: Vec<LaneEnd>) -> Executed {
    let mut totals = Totals::default();
    ends.iter().for_each(|end| totals.add(&end.totals));
    let len = buffers.workers.restart();
    let mut transactions = Vec::with_capacity(len as usize);
    for (tx, end) in buffers.order.drain(len) {
        let end = end.expect("every transaction of the block was executed");
        transactions.extend(end.is_ok().then_some(tx));
    }
    Executed {
        executions: in_order(&mut ends, transactions.len()),
        transactions,
        totals,
    }
}

/// The executions of all lanes in block order.
fn in_order(ends: &mut [LaneEnd], len: usize) -> Executions {
    if let [end] = ends
        && end.kept.is_sorted()
    {
        return std::mem::take(&mut end.executions);
    }
    let mut places: Vec<(u32, u32, u32)> = Vec::with_capacity(len);
    for (lane, end) in (0..).zip(&*ends) {
        let kept = (0..).zip(&end.kept);
        places.extend(kept.map(|(index, position)| (*position, lane, index)));
    }
    places.sort_unstable();
    let executions = ends.iter().map(|end| &end.executions);
    let mut all = Executions::for_all(executions);
    for (_, lane, index) in places {
        all.push_copy(&ends[lane as usize].executions, index as usize);
    }
    all
}
