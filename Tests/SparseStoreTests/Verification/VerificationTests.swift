import Foundation
import LMDB
import SparseFormat
import Testing

@testable import SparseStore

/// Every check is seen to fail on the damage it is for, and on no other.
@Suite struct VerificationTests {
    @Test(arguments: SoundStore.allCases) func `a sound store is clean`(_ sound: SoundStore) throws {
        let copy = try DamagedStore(sound)
        for level in [VerificationLevel.quick, .deep] {
            let report = try copy.store.verify(level)
            #expect(report.isClean, "\(report.findings.prefix(3).map(\.sentence))")
            #expect(report.notChecked.isEmpty)
            #expect(report.generation == (try copy.manifest().generation))
            #expect(
                report.checks.allSatisfy {
                    $0.values > 0
                        || [
                            "changes", "counts", "dictionaries", "deltas", "vocabulary", "merges", "multivectors",
                            "blocks",
                            "block contents",
                        ].contains($0.name)
                })
        }
        #expect(try copy.store.verify(.deep).values > copy.store.verify(.quick).values)
        // Tests/Fixtures/make-fixture.sh makes a fixture of one.
        if let folder = ProcessInfo.processInfo.environment["SOUND_STORES"] {
            try sound.bytes().write(to: URL(fileURLWithPath: "\(folder)/\(sound.rawValue).sparse"))
        }
    }

    @Test func `an empty store is clean`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        for level in [VerificationLevel.quick, .deep] { #expect(try store.verify(level).isClean) }
    }

    /// More than 65,536 terms: positions in exact vectors are 32 bits wide.
    @Test func `a wide window is clean`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { transaction in
            for (index, first) in [TermID(0), 60_000].enumerated() {
                let terms = Array(first..<first + 40_000)
                let vector = try SparseVector(terms: terms, weights: terms.map { Float($0 % 9 + 1) })
                try transaction.upsert(Document(id: "\(index)", vector: vector))
            }
        }
        let report = try store.verify(.deep)
        #expect(report.isClean, "\(report.findings.prefix(3).map(\.sentence))")
    }

    @Test(arguments: PlantedDamage.all) func `planted damage is found by its number`(_ damage: PlantedDamage) throws {
        let copy = try DamagedStore(damage.sound)
        try damage.plant(copy)
        let report = try copy.store.verify(.deep)
        #expect(Set(report.findings.map(\.rule)) == damage.deep, "\(report.findings.prefix(3).map(\.sentence))")
        let quick = try copy.store.verify(.quick)
        #expect(Set(quick.findings.map(\.rule)) == damage.quick, "\(quick.findings.prefix(3).map(\.sentence))")
        for finding in report.findings + quick.findings {
            #expect(!finding.sentence.isEmpty)
            #expect(!finding.remedy.isEmpty)
            #expect(!finding.sentence.contains(";"))
        }
    }

    @Test func `every invariant has a damage that breaks it`() {
        let planted = PlantedDamage.all.reduce(into: Set<String>()) { $0.formUnion($1.deep) }
        for invariant in StoreInvariant.allCases {
            #expect(planted.contains("I\(invariant.rawValue)"), "\(invariant)")
        }
    }

    /// One byte of each kind of value, the checksum left as it was.
    @Test(arguments: SoundStore.allCases) func `a byte in every kind of value is found`(_ sound: SoundStore) throws {
        let copy = try DamagedStore(sound)
        for table in TableNumber.allCases {
            var seen: Set<UInt8> = []
            for key in try copy.keys(table) {
                guard let kind = try copy.value(table, key)?[8], seen.insert(kind).inserted else { continue }
                try copy.changeBody(table, key, resealing: false) { $0[$0.count / 2] ^= 0x10 }
                let report = try copy.store.verify(.deep)
                let place = Hexadecimal.abbreviated(key)
                #expect(
                    report.findings.contains { $0.rule == "checksum" && $0.table == table.name && $0.key == place },
                    "\(table) \(place)")
                try copy.changeBody(table, key, resealing: false) { $0[$0.count / 2] ^= 0x10 }
            }
        }
        #expect(try copy.store.verify(.deep).isClean)
    }

    @Test func `the report is bounded and counts the rest`() throws {
        let copy = try DamagedStore(.leveled)
        let keys = try copy.keys(.ids)
        try copy.write { writer in for key in keys { _ = try writer.delete(.ids, key) } }
        let report = try copy.store.verify(.deep)
        #expect(report.findings.count == VerificationReport.maximumFindings)
        #expect(report.findingCount == keys.count)
    }

    @Test func `the caller can stop it`() throws {
        struct Stop: Error {}
        let copy = try DamagedStore(.small)
        var calls = 0
        #expect(throws: Stop.self) {
            try copy.store.verify(.deep) { progress in
                #expect(!progress.check.isEmpty)
                #expect(!progress.table.isEmpty)
                calls += 1
                if calls == 3 { throw Stop() }
            }
        }
        #expect(calls == 3)
    }

    @Test func `reports are codable`() throws {
        let copy = try DamagedStore(.small)
        try copy.changeManifest { $0.nonzeros += 1 }
        let report = try copy.store.verify(.deep)
        #expect(try JSONDecoder().decode(VerificationReport.self, from: JSONEncoder().encode(report)) == report)
    }

    @Test func `the invariants are those of the format`() throws {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../../FORMAT.md")
        let text = try String(contentsOf: url, encoding: .utf8)
        for invariant in StoreInvariant.allCases {
            let row = "| I\(invariant.rawValue) | \(invariant.rule) |"
            let isThere = text.contains(row)
            #expect(isThere, "\(row)")
        }
    }
}
