import Foundation

@testable import LMDB
@testable import SparseFormat
@testable import SparseStore
import SystemPackage

extension FuzzTarget {
    /// The values of a whole store are forged, with correct checksums. They may contradict each other, but nothing may
    /// trap, and every call must end. The first byte determines whether the store is also written to (bit 0), and then
    /// merged, encoded, tuned or given a block index (bits 6 and 7), whether it is verified (bits 1 and 2) or repaired
    /// (bits 3 to 5), which is rare because both are slow, and whether it is changed in all these ways (bits 1 to 3 are
    /// 0, 0 and 1). The second byte selects a share of the searches.
    static let forgedStore = FuzzTarget(
        name: "forged-store", longest: 4 + 6 * 16,
        seeds: {
            let several: [UInt8] = [0, 9, 0, 3, 1, 200, 0, 40, 0, 9, 4, 31]
            var small: [[UInt8]] = [[0, 0], [0x3E, 0] + several]
            // Some of several edits are consistent with each other, like those of a forger.
            let removing = try StoreTemplate.isLarge(false).removingStoredDocument()
            for edits in [[], [0, 1, 0, 20, 0, 1], several, removing] {
                for maintenance in UInt8(0)...3 { small.append([maintenance << 6 | 1, 0] + edits) }
                small.append([9, 0] + edits)
            }
            let large = [
                [0, 0], [0x3E, 0] + several, [9, 0] + (try StoreTemplate.isLarge(true).removingStoredDocument()),
            ]
            return small.map { StoreTemplate.input($0, isLarge: false) }
                + large.map { StoreTemplate.input($0, isLarge: true) }
        },
        run: { bytes in
            guard bytes.count >= 2 else { return }
            let first = bytes[0]
            let template = try StoreTemplate.isLarge(StoreTemplate.choosesLarge(bytes))
            let folder = try TemporaryFolder()
            let path = folder.path("forged")
            try Data(template.file).write(to: URL(fileURLWithPath: path))
            try forge(path, template, Edits(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(2))))
            let probe = StoreProbe(path: path, truth: nil, share: share(bytes[1]))
            let steps = StoreProbe.Maintenance.allCases.filter { first & 0x0E == 0x08 || $0.rawValue == first >> 6 }
            try probe.run(writing: first & 1 == 1 ? steps : nil, verifying: first & 0x06 == 0x06)
            if first & 0x38 == 0x38 { try probe.repair(to: folder.path("repaired")) }
        })

    /// Returns the share of the searches that the upper three bits of a byte select: all, or one of ``StoreProbe/shares``.
    private static func share(_ byte: UInt8) -> Int? { byte >> 5 == 0 ? nil : Int(byte >> 5) - 1 }

    private static func forge(_ path: String, _ template: StoreTemplate, _ edits: Edits) throws {
        var forged: [Int: [UInt8]] = [:]
        for edit in edits.list {
            let index = template.entry(of: edit)
            var value = forged[index] ?? template.entries[index].value
            edit.apply(to: &value, from: ValueHeader.size, in: value.count - ValueHeader.size)
            forged[index] = value
        }
        let environment = try Environment.open(
            at: FilePath(path), options: EnvironmentOptions(durability: .lastCommitMayBeLost),
            tables: TableNumber.allCases.map(\.name)
        ) { _, _ in }
        defer { environment.close() }
        try environment.write { transaction in
            for (index, value) in forged {
                let entry = template.entries[index]
                let sealed = Value.seal(
                    kind: RecordKind(rawValue: entry.value[8]) ?? .store, version: value[9], table: entry.table,
                    key: entry.key
                ) { $0.append(value[ValueHeader.size...]) }
                try transaction.writer.put(environment.table(named: entry.table.name), entry.key, sealed)
            }
        }
    }

    /// Bytes of the file itself are changed, cut off or added. If only values were damaged, every call must end, and an
    /// answer, if any, must be correct for some commit. Keys and the other bytes of pages have no checksum. Damage to them
    /// may lead to memory faults and endless loops in liblmdb, and to wrong answers (SECURITY.md). These are counted, and
    /// another process opens the file.
    ///
    /// The first byte selects a share of the searches, like the second byte of `forgedStore`. Bit 0 limits the damage to
    /// values.
    static let damagedFile = FuzzTarget(
        name: "damaged-file", isReplayable: false, longest: 3 + 6 * 16,
        seeds: {
            [false, true].flatMap { isLarge in
                [[0, 0, 9, 0, 200, 0, 9], [0, 1, 200, 3, 0, 6, 255], [1, 0, 9, 0, 200, 0, 9]].map {
                    StoreTemplate.input($0, isLarge: isLarge)
                }
            }
        },
        run: { bytes in
            guard let first = bytes.first else { return }
            let isLarge = StoreTemplate.choosesLarge(bytes)
            let template = try StoreTemplate.isLarge(isLarge)
            let folder = try TemporaryFolder()
            let path = folder.path("damaged")
            var file = template.file
            for edit in Edits(UnsafeRawBufferPointer(rebasing: bytes.dropFirst())).list {
                // Use parts of 64 KiB, because an offset has 16 bits.
                let first = edit.index % (file.count / 65_536 + 1) * 65_536
                edit.apply(to: &file, from: first, in: min(65_536, file.count - first), unit: 512)
            }
            if first & 1 == 1 { template.undoUncheckedChanges(&file) }
            let onlyValues = template.hasOnlyChangedValues(file)
            try Data(file).write(to: URL(fileURLWithPath: path))
            #if os(Linux)
                let message = [isLarge ? 1 : 0, first, onlyValues ? 1 : 0] + path.utf8
                try Child.run(message, pagesAreDamaged: !onlyValues) { message in
                    guard message.count > 3 else { return }
                    let template = try StoreTemplate.isLarge(message[0] == 1)
                    let probe = StoreProbe(
                        path: String(decoding: message.dropFirst(3), as: UTF8.self),
                        truth: StoreProbe.Truth(
                            written: template.written, documents: template.documents, generation: template.generation),
                        share: share(message[1]))
                    do {
                        try probe.run()
                    } catch let finding as Finding where finding.isWrongAnswer && message[2] == 0 {
                        FileHandle.standardError.write(Data("WRONG ANSWER FROM DAMAGED PAGES: \(finding)\n".utf8))
                    }
                }
            #endif
        })
}
