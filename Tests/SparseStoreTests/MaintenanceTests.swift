import Foundation
import Testing

@testable import LMDB
@testable import SparseFormat
@testable import SparseStore

/// Merging beside the writers: what it changes and what it leaves, stage by stage.
@Suite struct MaintenanceTests {
    private struct Stop: Error {}

    /// Eight commits of equal size, all due to become one segment.
    private func filled(_ temporary: TemporaryStore, size: Int = 40) throws -> Store {
        let store = try temporary.open { $0.maintenance = .manual }
        for commit in 0..<8 {
            try store.write { transaction in
                for index in 0..<size { try transaction.upsert(Self.document("\(commit)-\(index)")) }
            }
        }
        return store
    }

    private static func document(_ id: String, _ weight: Float = 1) -> Document {
        Document(id: id, terms: ["all": weight, id: 1])
    }

    private func found(_ store: Store) throws -> Set<String> {
        Set(try store.search(["all": 1], limit: 10_000, recall: .exact).map(\.id))
    }

    private func segments(_ store: Store) throws -> [SegmentEntry] { try store.read { $0.manifest.segments } }

    /// Many small stages.
    private func merger(_ store: Store) -> Merger {
        Merger(
            store.file, MergePolicy(),
            pieces: MergePieces(bytesWritten: 2_000, documentsRead: 32))
    }

    @Test func `what changes during a merge is right after it`() throws {
        let temporary = try TemporaryStore()
        let store = try filled(temporary)
        try store.write { _ = try $0.remove("3-3") }
        let held = try store.read { $0 }
        var steps: [MaintenanceProgress.Step] = []
        let outcome = try merger(store).step(.policy) { progress in
            let count = steps.filter { $0 == progress.step }.count
            steps.append(progress.step)
            guard count == 0 || progress.step == .reading else { return }
            // Removed before and after it is read, replaced, new, and removed again.
            try store.write { transaction in
                _ = try transaction.remove("0-\(steps.count)")
                _ = try transaction.remove("7-\(steps.count)")
                try transaction.upsert(Self.document("4-\(steps.count)", 2))
                try transaction.upsert(Self.document("new-\(steps.count)"))
                _ = try transaction.remove("new-\(steps.count - 1)")
            }
        }
        #expect(outcome == .merged)
        #expect(Set(steps) == [.reading, .building, .writing, .switching])
        let live = try segments(store).reduce(0) { $0 + $1.live }
        let count = try store.read { $0.count }
        #expect(live == count)
        let answer = try found(store)
        #expect(answer.count == live)
        for commit in 0..<8 {
            for index in 0..<40 {
                let id = "\(commit)-\(index)"
                #expect(try answer.contains(id) == store.contains(id), "\(id)")
            }
        }
        let merged = try #require(try segments(store).first)
        #expect(merged.tombstones > 0)
        #expect(merged.documents > 250)
        #expect(try leftovers(store).isEmpty)
        #expect(try held.search(["all": 1], options: .all).count == 319)
    }

    @Test func `merging is no commit, and changes no answer`() throws {
        let temporary = try TemporaryStore()
        let store = try filled(temporary)
        let generation = try store.read { $0.generation }
        let before = try store.search(["all": 1, "2-2": 1], limit: 500, recall: .exact)
        #expect(try store.maintain() == 1)
        let after = try store.search(["all": 1, "2-2": 1], limit: 500, recall: .exact)
        #expect(before.hits == after.hits)
        #expect(after.generation == generation)
        #expect(try segments(store).count == 1)
        #expect(try store.maintain() == 0)
        let statistics = try store.statistics()
        #expect(statistics.merges == 1)
        #expect(statistics.segmentsDue == 0)
        #expect(statistics.writeAmplification > 1)
    }

    @Test func `a stopped merge leaves nothing, at whatever stage`() throws {
        let temporary = try TemporaryStore()
        let store = try filled(temporary)
        let before = try segments(store)
        var stages = 0
        for stop in 1...1_000 {
            stages = 0
            do {
                _ = try merger(store).step(.policy) { _ in
                    stages += 1
                    if stages == stop { throw Stop() }
                }
                break
            } catch is Stop {}
            #expect(try leftovers(store).isEmpty, "stopped at stage \(stop)")
            #expect(try segments(store) == before)
            #expect(try store.statistics().stagedBytes == 0)
        }
        #expect(stages > 10)
        #expect(try segments(store).count == 1)
        #expect(try found(store).count == 320)
    }

    @Test func `what a killed merge has staged is collected, and its sources stay until then`() throws {
        let temporary = try TemporaryStore()
        do {
            let store = try filled(temporary)
            try stageAndForget(store)
            #expect(try !leftovers(store).isEmpty)
            #expect(try store.statistics().stagedBytes > 0)
            #expect(try segments(store).count == 8)
            #expect(try found(store).count == 320)
            store.close()
        }
        let reopened = try temporary.open { $0.maintenance = .manual }
        // Commits go on beside it, and merge nothing that it has claimed.
        for index in 0..<20 { try reopened.write { try $0.upsert(Self.document("later-\(index)")) } }
        #expect(try segments(reopened).count > 8)
        #expect(try found(reopened).count == 340)
        try reopened.maintain()
        #expect(try leftovers(reopened).isEmpty)
        #expect(try reopened.statistics().stagedBytes == 0)
        #expect(try found(reopened).count == 340)
    }

    private func stageAndForget(_ store: Store) throws {
        var merge = try #require(
            try StagedMerge.begin(
                store.file, MergePolicy(),
                MergePieces(bytesWritten: 1, documentsRead: 8), choose: { MergePolicy().next($0.segments) }))
        try merge.stage { _ in }
    }

    @Test func `a merge whose claim was taken gives up and changes nothing`() throws {
        let temporary = try TemporaryStore()
        let store = try filled(temporary)
        var taken = false
        let outcome = try merger(store).step(.policy) { progress in
            guard progress.step == .writing, !taken else { return }
            taken = true
            // Another merger of this process finds a claim that is not its own.
            let other = try merger(store).step(.policy) { _ in }
            #expect(other == .merged)
        }
        #expect(taken)
        #expect(outcome == .busy)
        #expect(try leftovers(store).isEmpty)
        #expect(try segments(store).count == 1)
        #expect(try found(store).count == 320)
    }

    @Test func `claims of a process that is gone are nobody's`() throws {
        let temporary = try TemporaryStore()
        let store = try filled(temporary)
        let record = ClaimRecord(owner: 1, process: 1, sources: [try segments(store)[0].id], staged: [999])
        try store.file.write {
            try record.put(into: .meta, key: Keys.merge, $0)
        }
        #expect(try store.maintain() == 1)
        #expect(try found(store).count == 320)
    }

    @Test func `cancelling ends a merge with its own error`() throws {
        let temporary = try TemporaryStore()
        let store = try filled(temporary)
        var asked = 0
        let error = #expect(throws: SparseStoreError.self) {
            try store.maintain(isCancelled: {
                asked += 1
                return asked > 2
            })
        }
        #expect(error?.code == .cancelled)
        #expect(try segments(store).count == 8)
        #expect(try leftovers(store).isEmpty)
    }

    @Test func `the background merges what commits leave, and a closed store does not`() throws {
        let temporary = try TemporaryStore()
        var store = try filled(temporary)
        store.close()
        store = try temporary.open()
        // Opening and searching begin nothing.
        #expect(try found(store).count == 320)
        Thread.sleep(forTimeInterval: 0.05)
        #expect(try segments(store).count == 8)
        try store.write { try $0.upsert(Self.document("last")) }
        let deadline = Date().addingTimeInterval(20)
        while try segments(store).count > 1, Date() < deadline { Thread.sleep(forTimeInterval: 0.01) }
        #expect(try segments(store).count == 1)
        #expect(try found(store).count == 321)
        #expect(try store.statistics().merges == 1)
        store.close()
        #expect(throws: SparseStoreError.self) { try store.maintain() }
    }

    @Test func `a store opened for reading does not merge`() throws {
        let temporary = try TemporaryStore()
        try filled(temporary).close()
        let reader = try temporary.open { $0.isReadOnly = true }
        let error = #expect(throws: SparseStoreError.self) { try reader.maintain() }
        #expect(error?.code == .readOnly)
    }

    @Test func `a policy that makes no sense is refused at open`() throws {
        let temporary = try TemporaryStore()
        for change: (inout MergePolicy) -> Void in [
            { $0.fanout = 1 }, { $0.fanout = 65 }, { $0.deadShare = 0 }, { $0.deadShare = .nan },
            { $0.deadShare = 1.1 }, { $0.documentsMergedByCommits = -1 }, { $0.segmentBacklog = 0 },
        ] {
            let error = #expect(throws: SparseStoreError.self) { try temporary.open { change(&$0.mergePolicy) } }
            #expect(error?.code == .invalidArgument)
        }
    }
}

extension SearchOptions {
    fileprivate static var all: SearchOptions {
        var options = SearchOptions()
        options.limit = 10_000
        options.recall = .exact
        return options
    }
}
