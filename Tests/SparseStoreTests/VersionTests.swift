import LMDB
import SparseFormat
import SystemPackage
import Testing

@testable import SparseStore

/// What FORMAT.md, "Versioning and migration", asks of a reader.
@Suite struct VersionTests {
    /// The code that opening a store with a changed record ends with, nil when it opens.
    private func outcome(
        isReadOnly: Bool = false, _ change: (inout StoreRecord) -> Void
    ) throws -> SparseStoreError.Code? {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        var record = StoreRecord.fresh()
        change(&record)
        let changed = record
        try store.file.write { writer in
            try changed.put(into: .meta, key: Keys.store, writer)
        }
        store.close()
        do {
            let opened = try temporary.open { $0.isReadOnly = isReadOnly }
            #expect(try opened.statistics().format == "\(record.formatMajor).\(record.formatMinor)")
            return nil
        } catch let error as SparseStoreError {
            return error.code
        }
    }

    @Test func `another major is refused and another minor is not`() throws {
        #expect(try outcome { $0.formatMajor += 1 } == .incompatibleFormat)
        #expect(try outcome { $0.formatMajor = 0 } == .incompatibleFormat)
        #expect(try outcome { $0.formatMinor += 7 } == nil)
    }

    @Test func `features say what may be ignored`() throws {
        #expect(try outcome { $0.compatibleFeatures = 1 << 40 } == nil)
        #expect(try outcome { $0.readOnlyCompatibleFeatures = 1 << 40 } == .incompatibleFormat)
        #expect(try outcome(isReadOnly: true) { $0.readOnlyCompatibleFeatures = 1 << 40 } == nil)
        #expect(try outcome(isReadOnly: true) { $0.incompatibleFeatures = 1 << 40 } == .incompatibleFormat)
    }

    /// Another major may have other tables: what it is must be said before they are missed. One of ours without its
    /// tables is damaged.
    @Test func `a store without our tables is told by its record`() throws {
        for (major, code) in [(2, SparseStoreError.Code.incompatibleFormat), (StoreRecord.currentMajor, .corrupted)] {
            let temporary = try TemporaryStore()
            let environment = try Environment.open(
                at: FilePath(temporary.path), options: EnvironmentOptions(), tables: ["meta", "novelties"]
            ) { transaction, tables in
                var record = StoreRecord.fresh()
                record.formatMajor = major
                try transaction.writer.put(tables[0], Keys.store, record.sealed(in: .meta, key: Keys.store))
            }
            environment.close()
            do {
                _ = try temporary.open()
                Issue.record("a store without tables was opened")
            } catch let error as SparseStoreError {
                #expect(error.code == code)
                #expect(code == .corrupted || error.message.contains("format 2.0"))
            }
        }
    }
}
