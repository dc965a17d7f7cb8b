internal import LMDB
internal import SparseFormat

/// Checks that the tags of each segment match its live documents (I113).
enum TagsCheck: VerificationCheck {
    static let name = "tags"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        let documents = verification.reader.documents
        try verification.forEachWindow(manifest, otherwise: "the tags") { window, dead in
            let prefix = Keys.segmentPrefix(window.id)
            guard let tables = try verification.attempt(in: .segments, at: prefix, { try window.tags.tables() }),
                let changed = try verification.marks(.changed, of: window)
            else { return }
            var listed = [Int](repeating: 0, count: window.documentCount)
            for table in tables {
                for index in 0..<table.count { table.list(at: index).forEach { listed[$0] += 1 } }
            }
            for rank in 0..<window.numbers.count {
                let ordinal = window.numbers.ordinal(rank: rank)
                let number = window.numbers.number(rank: rank)
                guard !dead.contains(ordinal), !changed.contains(ordinal) else { continue }
                try verification.visit(.documents, Keys.document(number))
                let read = try verification.attempt(in: .documents, at: Keys.document(number)) {
                    try documents.view(number)?.tags()
                }
                guard let tags = read ?? nil else { continue }
                let missing = tags.first { tag in !tables.contains { $0.lists(tag, ordinal) } }
                if missing != nil || tags.count != listed[ordinal] {
                    verification.broken(
                        .tags, in: .segments, at: prefix,
                        "document \(number) has \(tags.count) tags, but segment \(window.id) lists "
                            + (missing == nil ? "\(listed[ordinal]) for it" : "not all of them"))
                }
            }
        }
    }
}

extension TagTable {
    /// Returns whether an ordinal is among the documents of a tag.
    fileprivate func lists(_ tag: String, _ ordinal: Int) -> Bool {
        find(Array(tag.utf8)).map { list(at: $0).contains(ordinal) } ?? false
    }
}

extension TagTable.List {
    fileprivate func contains(_ ordinal: Int) -> Bool {
        switch self {
        case .bitmap(let bytes): return bytes[ordinal >> 3] & 1 << UInt8(ordinal & 7) != 0
        case .ordinals(let bytes):
            var low = 0
            var high = bytes.count / 2
            while low < high {
                let middle = (low + high) / 2
                let found = Self.ordinal(bytes, middle)
                if found == ordinal { return true }
                if found < ordinal { low = middle + 1 } else { high = middle }
            }
            return false
        }
    }

    fileprivate func forEach(_ body: (Int) -> Void) {
        switch self {
        case .bitmap(let bytes):
            for (index, byte) in bytes.enumerated() {
                for bit in 0..<8 where byte & 1 << UInt8(bit) != 0 { body(8 * index + bit) }
            }
        case .ordinals(let bytes):
            for index in 0..<bytes.count / 2 { body(Self.ordinal(bytes, index)) }
        }
    }

    private static func ordinal(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Int {
        Int(bytes[2 * index]) | Int(bytes[2 * index + 1]) << 8
    }
}
