import Foundation
import LMDB
import Platform
import SystemPackage
import Testing

@testable import SparseStore

@Suite struct BackupTests {
    @Test func `a backup taken while writing is one sound state`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { for number in 0..<50 { try $0.upsert(Self.document(number, round: 0)) } }
        let stop = Lock(false)
        let writer = Thread {
            var round = 1
            while !stop.withLock({ $0 }) {
                // All or none of these are of one round.
                try? store.write { for number in 0..<50 { try $0.upsert(Self.document(number, round: round)) } }
                round += 1
            }
        }
        writer.start()
        defer { stop.withLock { $0 = true } }
        for compacting in [true, false, true] {
            let folder = try TemporaryStore()
            try store.backup(to: folder.path, compacting: compacting)
            let mode = try FileManager.default.attributesOfItem(atPath: folder.path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            let copy = try folder.open()
            #expect(try copy.verify(.deep).isClean)
            var rounds: Set<[UInt8]> = []
            try copy.read { snapshot in
                try snapshot.forEachDocument {
                    rounds.insert($0.payload ?? [])
                    return true
                }
                #expect(snapshot.count == 50)
            }
            #expect(rounds.count == 1)
        }
    }

    @Test func `nothing is overwritten and nothing is left behind`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        let folder = try TemporaryStore()
        try Data("precious".utf8).write(to: URL(fileURLWithPath: folder.path))
        do {
            try store.backup(to: folder.path)
            Issue.record("the backup went over a file")
        } catch {
            #expect(error.code == .invalidArgument)
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path)) == Data("precious".utf8))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.directory.path) == ["test.sparse"])
    }

    private static func document(_ number: Int, round: Int) -> Document {
        Document(
            id: "\(number)", terms: ["a": Float(number + 1), "b\(number % 5)": Float(round % 7 + 1)],
            payload: Array("round \(round)".utf8))
    }
}
