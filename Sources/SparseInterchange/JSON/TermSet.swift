internal import SparseStore

/// The set of terms seen in one vector: a hash table that is cleared in constant time, for use with millions of
/// vectors.
struct TermSet {
    private struct Entry {
        var hash: UInt64 = 0
        var index: UInt32 = 0
        var epoch: UInt32 = 0
    }

    private var entries = [Entry](repeating: Entry(), count: 1_024)
    private var epoch: UInt32 = 1
    private var count = 0
    /// A random seed for each table, so that nobody can prepare terms that collide.
    private let seed = UInt64.random(in: .min ... .max)

    /// Removes all terms.
    mutating func removeAll() {
        count = 0
        epoch &+= 1
        guard epoch == 0 else { return }
        entries = [Entry](repeating: Entry(), count: entries.count)
        epoch = 1
    }

    /// Adds the term at `index` of `vector` whose hash is `hash`. Returns false if an equal term exists.
    mutating func insert(_ hash: UInt64, at index: Int, of vector: [WeightedTerm]) -> Bool {
        if (count + 1) * 2 > entries.count { grow() }
        let mask = entries.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while entries[slot].epoch == epoch {
            if entries[slot].hash == hash {
                // Compare bytes, not strings: different normalizations of a string are different terms.
                let other = vector[Int(entries[slot].index)].term
                if other.utf8.elementsEqual(vector[index].term.utf8) { return false }
            }
            slot = (slot + 1) & mask
        }
        entries[slot] = Entry(hash: hash, index: UInt32(truncatingIfNeeded: index), epoch: epoch)
        count += 1
        return true
    }

    /// The seeded hash of a term's bytes.
    func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
        let raw = UnsafeRawBufferPointer(bytes)
        var state = seed ^ UInt64(truncatingIfNeeded: raw.count)
        var index = 0
        while index + 8 <= raw.count {
            state = Self.mix(state ^ raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            index += 8
        }
        var rest: UInt64 = 0
        while index < raw.count {
            rest = rest << 8 | UInt64(raw[index])
            index += 1
        }
        return Self.mix(state ^ rest &* 0xE703_7ED1_A0B4_28DB)
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
        return product.high ^ product.low
    }

    private mutating func grow() {
        let old = entries
        entries = [Entry](repeating: Entry(), count: old.count * 2)
        let mask = entries.count - 1
        for entry in old where entry.epoch == epoch {
            var slot = Int(truncatingIfNeeded: entry.hash) & mask
            while entries[slot].epoch == epoch { slot = (slot + 1) & mask }
            entries[slot] = entry
        }
    }
}
