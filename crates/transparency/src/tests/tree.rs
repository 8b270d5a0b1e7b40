use hex_literal::hex;

use crate::tree::{
    EMPTY_ROOT, Hash, Leaves, ProofError, TreeHead, leaf_hash, prove_consistency, prove_inclusion,
    root_of, verify_consistency, verify_inclusion,
};

fn leaves(size: u64) -> Vec<Hash> {
    (0..size).map(|n| leaf_hash(&super::entry(n))).collect()
}

fn head(leaves: &[Hash]) -> TreeHead {
    TreeHead {
        size: leaves.len() as u64,
        root: root_of(leaves),
    }
}

#[test]
fn the_test_tree_of_certificate_transparency_has_its_published_roots() {
    // Entries and roots of the reference implementation's tests (google/certificate-transparency,
    // merkletree_test.cc).
    let entries: [&[u8]; 8] = [
        &hex!(""),
        &hex!("00"),
        &hex!("10"),
        &hex!("2021"),
        &hex!("3031"),
        &hex!("40414243"),
        &hex!("5051525354555657"),
        &hex!("606162636465666768696a6b6c6d6e6f"),
    ];
    let roots = [
        hex!("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        hex!("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
        hex!("aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        hex!("d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
        hex!("4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
        hex!("76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
        hex!("ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
        hex!("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
    ];
    let leaves: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    for (size, root) in (1..).zip(roots) {
        assert_eq!(root_of(&leaves[..size]), Hash(root), "{size}");
    }
    assert_eq!(root_of(&[]), EMPTY_ROOT);
}

#[test]
fn every_entry_of_every_small_tree_is_proved_and_no_other() {
    let leaves = leaves(40);
    for size in 1..=40 {
        let head = head(&leaves[..size]);
        for index in 0..size {
            let Ok(proof) = prove_inclusion(&mut Leaves(&leaves), index as u64, head.size);
            for (other, leaf) in leaves[..size].iter().enumerate() {
                let claim = verify_inclusion(*leaf, index as u64, head, &proof);
                assert_eq!(claim.is_ok(), other == index);
            }
            let longer = [&proof[..], &[Hash([0; 32])]].concat();
            let wrong = verify_inclusion(leaves[index], index as u64, head, &longer);
            assert_eq!(wrong, Err(ProofError::Length));
        }
        let outside = verify_inclusion(leaves[0], head.size, head, &[]);
        assert_eq!(outside, Err(ProofError::OutOfRange));
    }
}

#[test]
fn every_small_tree_continues_every_smaller_one_and_no_other() {
    let leaves = leaves(40);
    let mut forked = leaves.clone();
    forked[0] = Hash([7; 32]);
    for new in 0..=40 {
        let new_head = head(&leaves[..new]);
        for old in 0..=new {
            let old_head = head(&leaves[..old]);
            let Ok(proof) = prove_consistency(&mut Leaves(&leaves), old as u64, new as u64);
            assert_eq!(verify_consistency(old_head, new_head, &proof), Ok(()));
            let fork = head(&forked[..old]);
            assert_eq!(
                verify_consistency(fork, new_head, &proof),
                if old == 0 {
                    Ok(())
                } else {
                    Err(ProofError::Mismatch)
                }
            );
            if old < new {
                assert_eq!(
                    verify_consistency(new_head, old_head, &proof),
                    Err(ProofError::OutOfRange)
                );
            }
            let longer = [&proof[..], &[Hash([0; 32])]].concat();
            assert_eq!(
                verify_consistency(old_head, new_head, &longer),
                Err(ProofError::Length)
            );
        }
    }
}

#[test]
fn every_flipped_bit_of_a_proof_is_noticed() {
    let leaves = leaves(23);
    let (old, new) = (head(&leaves[..11]), head(&leaves));
    let flip = |proof: &[Hash], bit: usize| {
        let mut flipped = proof.to_vec();
        flipped[bit / 256].0[bit % 256 / 8] ^= 1 << (bit % 8);
        flipped
    };
    let Ok(proof) = prove_inclusion(&mut Leaves(&leaves), 11, 23);
    for bit in 0..proof.len() * 256 {
        let claim = verify_inclusion(leaves[11], 11, new, &flip(&proof, bit));
        assert_eq!(claim, Err(ProofError::Mismatch));
    }
    let Ok(proof) = prove_consistency(&mut Leaves(&leaves), 11, 23);
    for bit in 0..proof.len() * 256 {
        let claim = verify_consistency(old, new, &flip(&proof, bit));
        assert_eq!(claim, Err(ProofError::Mismatch));
    }
}

#[test]
fn sizes_near_the_largest_number_are_no_trouble() {
    let head = |size| TreeHead {
        size,
        root: Hash([1; 32]),
    };
    let proof = [Hash([2; 32]); 64];
    for size in [u64::MAX, u64::MAX - 1, 1 << 63, (1 << 63) + 1] {
        for index in [0, 1, size / 2, size - 1] {
            for length in 0..=64 {
                assert!(
                    verify_inclusion(Hash([3; 32]), index, head(size), &proof[..length]).is_err()
                );
                assert!(verify_consistency(head(index), head(size), &proof[..length]).is_err());
            }
        }
    }
}
