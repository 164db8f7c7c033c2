//! The compression function of SHA-512 on vectors of words, one lane for each message.
//!
//! Invariant: lane `i` of the result depends on lane `i` of the operands only, and is what FIPS 180-4,
//! section 6.4.2 says; every [`Words`] gives the same. The type of the operands is a vector register or, as
//! the twin that the tests compare with, an array.

use super::feeder::Rows;

/// A vector of 64-bit words, one for each lane.
///
/// A value exists only where its instructions do: the constructors take a token that says so.
pub(super) trait Words<const LANES: usize>: Copy {
    /// Proof that this machine has the instructions.
    type Token: Copy;

    /// Reads one row.
    fn load(token: Self::Token, row: &[u64; LANES]) -> Self;
    /// The same word in each lane.
    fn splat(token: Self::Token, word: u64) -> Self;
    /// Writes one row.
    fn store(self, row: &mut [u64; LANES]);
    /// The sum modulo `2^64`.
    fn plus(self, other: Self) -> Self;
    /// The exclusive or of three.
    fn xor3(self, second: Self, third: Self) -> Self;
    /// Rotates each word to the right by `RIGHT`; `LEFT` is `64 - RIGHT`.
    fn rotate<const RIGHT: i32, const LEFT: i32>(self) -> Self;
    /// Shifts each word to the right by `RIGHT`.
    fn shift<const RIGHT: i32>(self) -> Self;
    /// Bit by bit: `yes` where `self` is one, else `no`.
    fn choose(self, yes: Self, no: Self) -> Self;
    /// Bit by bit: what at least two of the three say.
    fn majority(self, second: Self, third: Self) -> Self;
}

/// One round on the eight working variables, which the caller renames from round to round.
macro_rules! round {
    ($token:ident, $constant:expr, $word:expr, $a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident) => {
        let constant = W::splat($token, $constant).plus($word);
        let first = $h.plus(constant).plus($e.choose($f, $g)).plus(big_sigma_1($e));
        $d = $d.plus(first);
        $h = first.plus($a.majority($b, $c)).plus(big_sigma_0($a));
    };
}

/// Eight rounds, after which the variables have their first names again.
macro_rules! eight_rounds {
    ($token:ident, $constants:expr, $words:expr, $a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident) => {
        round!($token, $constants[0], $words[0], $a $b $c $d $e $f $g $h);
        round!($token, $constants[1], $words[1], $h $a $b $c $d $e $f $g);
        round!($token, $constants[2], $words[2], $g $h $a $b $c $d $e $f);
        round!($token, $constants[3], $words[3], $f $g $h $a $b $c $d $e);
        round!($token, $constants[4], $words[4], $e $f $g $h $a $b $c $d);
        round!($token, $constants[5], $words[5], $d $e $f $g $h $a $b $c);
        round!($token, $constants[6], $words[6], $c $d $e $f $g $h $a $b);
        round!($token, $constants[7], $words[7], $b $c $d $e $f $g $h $a);
    };
}

/// The next word of the message schedule in place of the one sixteen before it, out of those fifteen, seven and two before.
macro_rules! extend_word {
    ($schedule:ident, $at:literal, $fifteen:literal, $seven:literal, $two:literal) => {
        $schedule[$at] = $schedule[$at]
            .plus(small_sigma_0($schedule[$fifteen]))
            .plus($schedule[$seven])
            .plus(small_sigma_1($schedule[$two]));
    };
}

/// Compresses one block of every lane into its state.
#[inline(always)]
pub(super) fn compress<W: Words<LANES>, const LANES: usize>(
    token: W::Token,
    state: &mut Rows<8, LANES>,
    block: &Rows<16, LANES>,
) {
    // Registers stay out of functions that are not inlined for sure, such as those of iterators: they would be compiled
    // without the instructions.
    let row = |at: usize| W::load(token, &block[at]);
    let mut schedule: [W; 16] = [
        row(0),
        row(1),
        row(2),
        row(3),
        row(4),
        row(5),
        row(6),
        row(7),
        row(8),
        row(9),
        row(10),
        row(11),
        row(12),
        row(13),
        row(14),
        row(15),
    ];
    let load = |row: usize| W::load(token, &state[row]);
    let (mut a, mut b, mut c, mut d) = (load(0), load(1), load(2), load(3));
    let (mut e, mut f, mut g, mut h) = (load(4), load(5), load(6), load(7));
    for (block_of_rounds, constants) in ROUND_CONSTANTS.iter().enumerate() {
        if block_of_rounds > 0 {
            extend(&mut schedule);
        }
        eight_rounds!(token, constants[..8], schedule[..8], a b c d e f g h);
        eight_rounds!(token, constants[8..], schedule[8..], a b c d e f g h);
    }
    add(token, &mut state[0], a);
    add(token, &mut state[1], b);
    add(token, &mut state[2], c);
    add(token, &mut state[3], d);
    add(token, &mut state[4], e);
    add(token, &mut state[5], f);
    add(token, &mut state[6], g);
    add(token, &mut state[7], h);
}

/// Adds a register to a row.
#[inline(always)]
fn add<W: Words<LANES>, const LANES: usize>(token: W::Token, row: &mut [u64; LANES], sum: W) {
    W::load(token, row).plus(sum).store(row);
}

/// The next sixteen words of the message schedule, in place of the last sixteen.
#[inline(always)]
fn extend<W: Words<LANES>, const LANES: usize>(schedule: &mut [W; 16]) {
    extend_word!(schedule, 0, 1, 9, 14);
    extend_word!(schedule, 1, 2, 10, 15);
    extend_word!(schedule, 2, 3, 11, 0);
    extend_word!(schedule, 3, 4, 12, 1);
    extend_word!(schedule, 4, 5, 13, 2);
    extend_word!(schedule, 5, 6, 14, 3);
    extend_word!(schedule, 6, 7, 15, 4);
    extend_word!(schedule, 7, 8, 0, 5);
    extend_word!(schedule, 8, 9, 1, 6);
    extend_word!(schedule, 9, 10, 2, 7);
    extend_word!(schedule, 10, 11, 3, 8);
    extend_word!(schedule, 11, 12, 4, 9);
    extend_word!(schedule, 12, 13, 5, 10);
    extend_word!(schedule, 13, 14, 6, 11);
    extend_word!(schedule, 14, 15, 7, 12);
    extend_word!(schedule, 15, 0, 8, 13);
}

#[inline(always)]
fn big_sigma_0<W: Words<LANES>, const LANES: usize>(x: W) -> W {
    x.rotate::<28, 36>()
        .xor3(x.rotate::<34, 30>(), x.rotate::<39, 25>())
}

#[inline(always)]
fn big_sigma_1<W: Words<LANES>, const LANES: usize>(x: W) -> W {
    x.rotate::<14, 50>()
        .xor3(x.rotate::<18, 46>(), x.rotate::<41, 23>())
}

#[inline(always)]
fn small_sigma_0<W: Words<LANES>, const LANES: usize>(x: W) -> W {
    x.rotate::<1, 63>().xor3(x.rotate::<8, 56>(), x.shift::<7>())
}

#[inline(always)]
fn small_sigma_1<W: Words<LANES>, const LANES: usize>(x: W) -> W {
    x.rotate::<19, 45>().xor3(x.rotate::<61, 3>(), x.shift::<6>())
}

/// FIPS 180-4, section 4.2.3: the fractional parts of the cube roots of the first eighty primes, sixteen a row.
#[rustfmt::skip]
const ROUND_CONSTANTS: [[u64; 16]; 5] = [
    [
        0x428a_2f98_d728_ae22, 0x7137_4491_23ef_65cd, 0xb5c0_fbcf_ec4d_3b2f, 0xe9b5_dba5_8189_dbbc,
        0x3956_c25b_f348_b538, 0x59f1_11f1_b605_d019, 0x923f_82a4_af19_4f9b, 0xab1c_5ed5_da6d_8118,
        0xd807_aa98_a303_0242, 0x1283_5b01_4570_6fbe, 0x2431_85be_4ee4_b28c, 0x550c_7dc3_d5ff_b4e2,
        0x72be_5d74_f27b_896f, 0x80de_b1fe_3b16_96b1, 0x9bdc_06a7_25c7_1235, 0xc19b_f174_cf69_2694,
    ],
    [
        0xe49b_69c1_9ef1_4ad2, 0xefbe_4786_384f_25e3, 0x0fc1_9dc6_8b8c_d5b5, 0x240c_a1cc_77ac_9c65,
        0x2de9_2c6f_592b_0275, 0x4a74_84aa_6ea6_e483, 0x5cb0_a9dc_bd41_fbd4, 0x76f9_88da_8311_53b5,
        0x983e_5152_ee66_dfab, 0xa831_c66d_2db4_3210, 0xb003_27c8_98fb_213f, 0xbf59_7fc7_beef_0ee4,
        0xc6e0_0bf3_3da8_8fc2, 0xd5a7_9147_930a_a725, 0x06ca_6351_e003_826f, 0x1429_2967_0a0e_6e70,
    ],
    [
        0x27b7_0a85_46d2_2ffc, 0x2e1b_2138_5c26_c926, 0x4d2c_6dfc_5ac4_2aed, 0x5338_0d13_9d95_b3df,
        0x650a_7354_8baf_63de, 0x766a_0abb_3c77_b2a8, 0x81c2_c92e_47ed_aee6, 0x9272_2c85_1482_353b,
        0xa2bf_e8a1_4cf1_0364, 0xa81a_664b_bc42_3001, 0xc24b_8b70_d0f8_9791, 0xc76c_51a3_0654_be30,
        0xd192_e819_d6ef_5218, 0xd699_0624_5565_a910, 0xf40e_3585_5771_202a, 0x106a_a070_32bb_d1b8,
    ],
    [
        0x19a4_c116_b8d2_d0c8, 0x1e37_6c08_5141_ab53, 0x2748_774c_df8e_eb99, 0x34b0_bcb5_e19b_48a8,
        0x391c_0cb3_c5c9_5a63, 0x4ed8_aa4a_e341_8acb, 0x5b9c_ca4f_7763_e373, 0x682e_6ff3_d6b2_b8a3,
        0x748f_82ee_5def_b2fc, 0x78a5_636f_4317_2f60, 0x84c8_7814_a1f0_ab72, 0x8cc7_0208_1a64_39ec,
        0x90be_fffa_2363_1e28, 0xa450_6ceb_de82_bde9, 0xbef9_a3f7_b2c6_7915, 0xc671_78f2_e372_532b,
    ],
    [
        0xca27_3ece_ea26_619c, 0xd186_b8c7_21c0_c207, 0xeada_7dd6_cde0_eb1e, 0xf57d_4f7f_ee6e_d178,
        0x06f0_67aa_7217_6fba, 0x0a63_7dc5_a2c8_98a6, 0x113f_9804_bef9_0dae, 0x1b71_0b35_131c_471b,
        0x28db_77f5_2304_7d84, 0x32ca_ab7b_40c7_2493, 0x3c9e_be0a_15c9_bebc, 0x431d_67c4_9c10_0d4c,
        0x4cc5_d4be_cb3e_42b6, 0x597f_299c_fc65_7e2a, 0x5fcb_6fab_3ad6_faec, 0x6c44_198c_4a47_5817,
    ],
];

/// The model of a vector register: an array, lane by lane.
#[cfg(test)]
#[derive(Clone, Copy)]
pub(super) struct Model<const LANES: usize>([u64; LANES]);

#[cfg(test)]
impl<const LANES: usize> Model<LANES> {
    fn zip3(self, second: Self, third: Self, of: impl Fn(u64, u64, u64) -> u64) -> Self {
        Self(std::array::from_fn(|lane| {
            of(self.0[lane], second.0[lane], third.0[lane])
        }))
    }
}

#[cfg(test)]
impl<const LANES: usize> Words<LANES> for Model<LANES> {
    type Token = ();

    fn load(_: (), row: &[u64; LANES]) -> Self {
        Self(*row)
    }
    fn splat(_: (), word: u64) -> Self {
        Self([word; LANES])
    }
    fn store(self, row: &mut [u64; LANES]) {
        *row = self.0;
    }
    fn plus(self, other: Self) -> Self {
        self.zip3(other, other, |a, b, _| a.wrapping_add(b))
    }
    fn xor3(self, second: Self, third: Self) -> Self {
        self.zip3(second, third, |a, b, c| a ^ b ^ c)
    }
    fn rotate<const RIGHT: i32, const LEFT: i32>(self) -> Self {
        assert_eq!(RIGHT.checked_add(LEFT), Some(64));
        Self(self.0.map(|word| word.rotate_right(RIGHT.unsigned_abs())))
    }
    fn shift<const RIGHT: i32>(self) -> Self {
        Self(self.0.map(|word| word >> RIGHT))
    }
    fn choose(self, yes: Self, no: Self) -> Self {
        self.zip3(yes, no, |mask, yes, no| (mask & yes) | (!mask & no))
    }
    fn majority(self, second: Self, third: Self) -> Self {
        self.zip3(second, third, |a, b, c| (a & b) | (a & c) | (b & c))
    }
}
