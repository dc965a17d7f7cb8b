@testable import SparseFormat

/// Tags and the documents that have them, as the tests write and read them.
enum TagLists {
    struct Tag: Equatable {
        let name: String
        let ordinals: [UInt16]
    }

    /// Distinct tags, ascending by their bytes, each of some documents.
    static func random(_ random: inout SeededGenerator, documents: Int, tags: Int) -> [Tag] {
        var names: [[UInt8]: String] = [:]
        while names.count < tags {
            let name = random.text(bytes: 1 + Int(random.next() % 12))
            names[Array(name.utf8)] = name
        }
        return names.keys.sorted { $0.lexicographicallyPrecedes($1) }.map { bytes in
            let share = [1, 3, 20, 400][Int(random.next() % 4)]
            var ordinals = (0..<documents).filter { _ in random.next() % UInt64(share) == 0 }.map { UInt16($0) }
            if ordinals.isEmpty { ordinals = [UInt16(random.next() % UInt64(documents))] }
            return Tag(name: String(decoding: bytes, as: UTF8.self), ordinals: ordinals)
        }
    }

    static func bodies(_ tags: [Tag], documents: Int) -> [[UInt8]] {
        var writer = TagTableWriter(documents: documents)
        for tag in tags { writer.append(Array(tag.name.utf8), ordinals: tag.ordinals) }
        writer.finish()
        return writer.bodies
    }

    static func read(_ table: TagTable) -> [Tag] {
        (0..<table.count).map { index in
            var ordinals: [UInt16] = []
            switch table.list(at: index) {
            case .ordinals(let bytes):
                for offset in stride(from: 0, to: bytes.count, by: 2) {
                    ordinals.append(UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8)
                }
            case .bitmap(let bytes):
                for bit in 0..<bytes.count * 8 where bytes[bit >> 3] >> UInt8(bit & 7) & 1 == 1 {
                    ordinals.append(UInt16(bit))
                }
            }
            return Tag(name: table.name(at: index), ordinals: ordinals)
        }
    }
}
