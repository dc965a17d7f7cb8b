import SparseStore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What the crash suite does from inside a process:
///
///     crash-driver write STORE DOCUMENTS FIRST COUNT [--map BYTES] [--weak] [--merge] [--compact]
///     crash-driver merge STORE [--die]
///     crash-driver blocks STORE
///     crash-driver extend STORE
///     crash-driver check STORE
///     crash-driver share STORE NUMBER WRITERS SECONDS
///
/// The last is no crash: one of several processes on a store, the writer of that number, or a reader if it is WRITERS.
///
/// It exits as `sparsestore` does: 5 for a full disk, 7 for an input/output error, 3 for damage.
@main
struct Main {
    static func main() {
        do {
            try run(Array(CommandLine.arguments.dropFirst()))
        } catch {
            complain(error)
            exit(status(error))
        }
    }

    private static func run(_ arguments: [String]) throws {
        let options = arguments.drop { !$0.hasPrefix("--") }
        let values = arguments.prefix(arguments.count - options.count)
        var configuration = Configuration()
        // What a call is the N-th of must not depend on another thread, unless that is what is asked for.
        configuration.maintenance = .manual
        switch (values.first, values.count) {
        case ("write", 5):
            guard let first = Int(values[3]), let count = Int(values[4]) else { return usage() }
            if options.contains("--merge") {
                mergeMuch(&configuration)
                configuration.maintenance = .background
            }
            if options.contains("--weak") { configuration.durability = .lastCommitsMayBeLost }
            if let size = options.drop(while: { $0 != "--map" }).dropFirst().first {
                configuration.mapSize = Int(size) ?? configuration.mapSize
            }
            var writer = try AcknowledgingWriter(
                path: values[1], configuration: configuration, isCompacting: options.contains("--compact"))
            try writer.write(documents(in: values[2]).dropFirst(first).prefix(count))
        case ("merge", 2):
            mergeMuch(&configuration)
            let store = try Store.open(at: values[1], configuration: configuration)
            let dies = options.contains("--die")
            try store.maintain(progress: { if dies, $0.step == .switching { raise(SIGKILL) } })
            store.close()
        case ("blocks", 2):
            mergeMuch(&configuration)
            let store = try Store.open(at: values[1], configuration: configuration)
            var settings = BlockSettings()
            (settings.postingsPerTerm, settings.smallestBlock) = (20, 1)
            try store.buildBlocks(settings)
            store.close()
        case ("extend", 2):
            mergeMuch(&configuration)
            let store = try Store.open(at: values[1], configuration: configuration)
            try store.buildBlocks()
            store.close()
        case ("check", 2):
            try StoreCheck(path: values[1]).run()
        case ("share", 5):
            guard let number = Int(values[2]), let writers = Int(values[3]), let seconds = Int(values[4]) else {
                return usage()
            }
            var process = try SharedStore(
                path: values[1], writer: number < writers ? number : nil, writers: writers)
            try process.run(seconds: seconds)
        default: usage()
        }
    }

    /// Few documents are merged often, and in as many transactions as many documents would be.
    private static func mergeMuch(_ configuration: inout Configuration) {
        configuration.mergePolicy.fanout = 2
        configuration.mergePolicy.documentsMergedByCommits = 0
        configuration.mergePieces = MergePieces(bytesWritten: 512, documentsRead: 8)
    }

    private static func usage() {
        complain(
            "usage: crash-driver write STORE DOCUMENTS FIRST COUNT [--map BYTES] [--weak] [--merge] [--compact] "
                + "| merge STORE [--die] | blocks STORE | extend STORE | check STORE | share STORE NUMBER WRITERS SECONDS"
        )
        exit(1)
    }

    private static func status(_ error: any Error) -> Int32 {
        switch (error as? SparseStoreError)?.code {
        case .diskFull?: 5
        case .io?, .needsReopen?, .readOnly?: 7
        case .corrupted?, .notAStore?: 3
        default: 9
        }
    }
}

func complain(_ words: Any) {
    emit("crash-driver: \(words)\n", to: STDERR_FILENO)
}

/// A line on standard output, there before the call returns: an acknowledgment must outlive the process.
func say(_ line: String) {
    emit(line + "\n", to: STDOUT_FILENO)
}

private func emit(_ text: String, to descriptor: Int32) {
    var text = text
    text.withUTF8 { bytes in
        var rest = UnsafeRawBufferPointer(bytes)
        while !rest.isEmpty {
            let count = write(descriptor, rest.baseAddress, rest.count)
            if count <= 0 { return }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }
}
