//! A tar archive in memory, in the `ustar` form of POSIX.1-1988 that every system unpacks.

use zeroize::Zeroizing;

const BLOCK_BYTES: usize = 512;

pub(super) struct Archive {
    bytes: Zeroizing<Vec<u8>>,
    made_s: u64,
}

impl Archive {
    pub fn new(made_s: u64) -> Self {
        Self {
            bytes: Zeroizing::default(),
            made_s,
        }
    }

    /// Adds a file. `name` is at most 100 bytes of ASCII.
    pub fn add(&mut self, name: &str, content: &[u8]) {
        let blocks = content.len().div_ceil(BLOCK_BYTES);
        // Grown by hand: a vector that grows by itself leaves its old bytes behind.
        let end = self.bytes.len() + (1 + blocks) * BLOCK_BYTES;
        let mut grown = Zeroizing::new(Vec::with_capacity(end));
        grown.extend_from_slice(&self.bytes);
        grown.extend_from_slice(&self.header(name, content.len()));
        grown.extend_from_slice(content);
        grown.resize(end, 0);
        self.bytes = grown;
    }

    /// The whole archive, with the two empty blocks at its end.
    pub fn finish(self) -> Zeroizing<Vec<u8>> {
        let mut whole = Zeroizing::new(Vec::with_capacity(self.bytes.len() + 2 * BLOCK_BYTES));
        whole.extend_from_slice(&self.bytes);
        whole.resize(self.bytes.len() + 2 * BLOCK_BYTES, 0);
        whole
    }

    fn header(&self, name: &str, size: usize) -> [u8; BLOCK_BYTES] {
        let mut header = [0; BLOCK_BYTES];
        let mut put = |at: usize, text: &str| {
            header[at..at + text.len()].copy_from_slice(text.as_bytes());
        };
        put(0, name);
        put(100, "0000600\0");
        put(108, "0000000\0");
        put(116, "0000000\0");
        put(124, &format!("{size:011o}\0"));
        put(136, &format!("{:011o}\0", self.made_s));
        // The sum is taken with its own field as spaces.
        put(148, "        ");
        put(156, "0");
        put(257, "ustar\x0000");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        header
    }
}
