//! Large pictures out of nothing.

/// A PNG file of noise over a gradient, `side` pixels wide and high, uncompressed: three bytes a pixel.
pub(super) fn png(side: u32, mut numbers: impl FnMut() -> u64) -> Vec<u8> {
    let row = 1 + 3 * side as usize;
    let mut pixels = Vec::with_capacity(row * side as usize);
    for y in 0..side {
        // Each row says first how it is filtered: not at all.
        pixels.push(0);
        for x in 0..side {
            let noise = numbers();
            let shade = |shift: u32, along: u32| {
                let base = 200 * along / side;
                (base as u64 + (noise >> shift) % 50) as u8
            };
            pixels.extend([shade(0, x), shade(8, y), shade(16, u32::midpoint(x, y))]);
        }
    }
    let mut header = [side.to_be_bytes(), side.to_be_bytes()].concat();
    // Eight bits for each of three colours.
    header.extend([8, 2, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut file, *b"IHDR", &header);
    chunk(&mut file, *b"IDAT", &stored(&pixels));
    chunk(&mut file, *b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    file.extend((data.len() as u32).to_be_bytes());
    let begin = file.len();
    file.extend(name);
    file.extend(data);
    let sum = crc32(&file[begin..]);
    file.extend(sum.to_be_bytes());
}

/// A zlib stream (RFC 1950) of stored blocks.
fn stored(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let mut blocks = data.chunks(0xffff).peekable();
    while let Some(block) = blocks.next() {
        let len = block.len() as u16;
        out.push(u8::from(blocks.peek().is_none()));
        out.extend(len.to_le_bytes());
        out.extend((!len).to_le_bytes());
        out.extend(block);
    }
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in data {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    out.extend((b << 16 | a).to_be_bytes());
    out
}

/// The sum that PNG asks for (RFC 2083, part 15).
fn crc32(data: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in data {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            let low = sum & 1;
            sum = (sum >> 1) ^ (low * 0xedb8_8320);
        }
    }
    !sum
}

#[cfg(test)]
mod tests {
    use super::png;

    #[test]
    fn a_picture_out_of_nothing_is_one() {
        let mut next = 0;
        let picture = png(300, || {
            next += 7;
            next
        });
        let made = heliograph_pictures::photo(&picture).expect("it can be read");
        let largest = made
            .sizes
            .iter()
            .map(|size| (size.width, size.height))
            .max();
        assert_eq!(largest, Some((300, 300)));
    }
}
