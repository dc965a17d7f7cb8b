import Foundation
import Measure
import SparseStore

/// What many small stores cost a process: the time to open them, their address space, memory, threads and descriptors.
///
///     many-stores FOLDER [--stores 500] [--documents 100] [--map 1073741824] [--threads shared|own]
///
/// Each store gets its documents, is closed, and is then opened again with the others. With `--threads own` each store
/// merges in a thread of its own; otherwise all share one. The figures are those of /proc/self, so this needs Linux.
@main
struct Main {
    static func main() throws {
        var arguments = Arguments()
        let count = try arguments.count("stores", 500)
        let documents = try arguments.count("documents", 100)
        let map = try arguments.count("map", 1 << 30)
        let isShared = try arguments.text("threads") ?? "shared" != "own"
        guard arguments.rest.count == 1 else { throw Failure("give one folder to work in") }
        let folder = arguments.rest[0] + "/many-stores-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let configuration = Configuration(maintenance: isShared ? .shared : .background, mapSize: map)

        for number in 0..<count {
            let store = try Store.open(at: "\(folder)/\(number).sparse", configuration: configuration)
            try store.write { transaction in
                for document in 0..<documents {
                    try transaction.upsert(
                        Document(id: "\(document)", terms: ["all": 1, "of \(number)": Float(1 + document % 7)]))
                }
            }
            store.close()
        }

        let before = try Cost()
        var stores: [Store] = []
        let opening = try seconds {
            for number in 0..<count {
                stores.append(try Store.open(at: "\(folder)/\(number).sparse", configuration: configuration))
            }
        }
        var found = 0
        let asking = try seconds {
            for store in stores { found += try store.search(["all": 1], limit: 1).hits.count }
        }
        let after = try Cost()
        guard found == count else { throw Failure("\(found) of \(count) stores answered") }
        print(
            """
            \(count) stores of \(documents) documents, a map of \(map >> 20) MiB each, \
            \(isShared ? "one thread for all" : "a thread each")

            | | each store | all |
            |---|---|---|
            | open, us | \(decimal(opening / Double(count) * 1e6)) | \(decimal(opening * 1e6)) |
            | first search, us | \(decimal(asking / Double(count) * 1e6)) | \(decimal(asking * 1e6)) |
            | address space, MiB | \(decimal(per(count, after.addressSpace - before.addressSpace))) | \
            \((after.addressSpace - before.addressSpace) >> 10) |
            | resident memory, KiB | \((after.resident - before.resident) / count) | \(after.resident - before.resident) |
            | threads | | \(after.threads - before.threads) |
            | descriptors | | \(after.descriptors - before.descriptors) |
            """)
        for store in stores { store.close() }
    }

    private static func per(_ count: Int, _ kibibytes: Int) -> Double { Double(kibibytes) / 1_024 / Double(count) }
}

/// What /proc/self tells about this process: kibibytes and numbers.
private struct Cost {
    let addressSpace: Int
    let resident: Int
    let threads: Int
    let descriptors: Int

    init() throws {
        var figures: [Substring: Int] = [:]
        for line in try String(contentsOfFile: "/proc/self/status", encoding: .utf8).split(separator: "\n") {
            let parts = line.split(whereSeparator: { $0 == ":" || $0 == "\t" || $0 == " " })
            if parts.count > 1, let value = Int(parts[1]) { figures[parts[0]] = value }
        }
        addressSpace = figures["VmSize"] ?? 0
        resident = figures["VmRSS"] ?? 0
        threads = figures["Threads"] ?? 0
        descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    }
}
