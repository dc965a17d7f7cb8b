import Foundation

#if os(Linux)

    /// A process of its own that opens one store file, and dies alone if the file kills it.
    enum Child {
        private static let findingStatus: Int32 = 70
        private static let faultStatus: Int32 = 71
        private static let seconds = 30

        /// Starts this program again on a file. A fault inside liblmdb, which trusts its pages, is told and passes.
        static func open(_ path: String, generation: UInt64) throws {
            // Not Foundation's Process, which keeps a little of each.
            var child = pid_t()
            var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("fuzz"), nil]
            var environment: [UnsafeMutablePointer<CChar>?] = ProcessInfo.processInfo.environment
                .merging(["FUZZ_CHILD": path, "FUZZ_GENERATION": "\(generation)"]) { $1 }.map {
                    strdup("\($0.key)=\($0.value)")
                }
            environment.append(nil)
            defer { for text in arguments + environment { free(text) } }
            guard posix_spawn(&child, "/proc/self/exe", nil, nil, &arguments, &environment) == 0 else {
                throw Finding("no process can be started")
            }
            var status: CInt = 0
            // libFuzzer's timer interrupts.
            var waited = waitpid(child, &status, 0)
            while waited < 0, errno == EINTR { waited = waitpid(child, &status, 0) }
            guard waited == child else { throw Finding("a process was lost") }
            // The low seven bits are the signal, what is above them the status.
            switch (status & 0x7F, status >> 8 & 0xFF) {
            case (0, 0): return
            case (0, faultStatus): FileHandle.standardError.write(Data("FAULT INSIDE LIBLMDB\n".utf8))
            case (let signal, let status): throw Finding("the child ended by signal \(signal), status \(status)")
            }
        }

        /// The child's part; does not return.
        static func run(_ path: String) -> Never {
            for signal in [SIGSEGV, SIGBUS, SIGABRT] {
                var action = sigaction()
                action.__sigaction_handler.sa_sigaction = { _, _, context in Child.tellFault(context) }
                action.sa_flags = SA_SIGINFO
                sigaction(signal, &action, nil)
            }
            // Hanging is a finding too.
            alarm(UInt32(seconds))
            do {
                let generation = ProcessInfo.processInfo.environment["FUZZ_GENERATION"].flatMap { UInt64($0) }
                let truth = StoreProbe.Truth(
                    written: try StoreTemplate.written.get(), documents: try StoreTemplate.documents.get(),
                    generation: generation ?? 0)
                try StoreProbe(path: path, truth: truth).run(writing: false)
            } catch {
                FileHandle.standardError.write(Data("\(error)\n".utf8))
                exit(findingStatus)
            }
            exit(0)
        }

        /// Ends the process by `faultStatus` when the fault is liblmdb's, by a signal when it is ours: by which of the two
        /// stands first on the way up from the instruction at fault.
        private static func tellFault(_ context: UnsafeMutableRawPointer?) {
            let maps = (try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)) ?? ""
            for frame in frames(from: context) {
                guard let object = object(of: frame, in: maps) else { continue }
                if object.contains("/liblmdb") { _exit(faultStatus) }
                if object.hasSuffix("/fuzz") { break }
            }
            signal(SIGABRT, SIG_DFL)
            abort()
        }

        /// Return addresses, the innermost first, from where the signal struck.
        private static func frames(from context: UnsafeMutableRawPointer?) -> ArraySlice<UInt> {
            // Not in Swift's view of the C library.
            typealias Backtrace = @convention(c) (UnsafeMutablePointer<UInt>, CInt) -> CInt
            guard let symbol = dlsym(nil, "backtrace") else { return [] }
            var frames = [UInt](repeating: 0, count: 64)
            let frameCount = Int(unsafeBitCast(symbol, to: Backtrace.self)(&frames, 64))
            var start = 0
            #if arch(x86_64)
                if let context = context?.assumingMemoryBound(to: ucontext_t.self) {
                    let instruction = UInt(bitPattern: Int(context.pointee.uc_mcontext.gregs.16))
                    start = frames[..<frameCount].firstIndex(of: instruction) ?? 0
                }
            #endif
            return frames[start..<max(start, frameCount)]
        }

        /// The file that is mapped at an address.
        private static func object(of address: UInt, in maps: String) -> Substring? {
            for line in maps.split(separator: "\n") {
                let bounds = line.prefix { $0 != " " }.split(separator: "-").compactMap { UInt($0, radix: 16) }
                if bounds.count == 2, bounds[0] <= address, address < bounds[1] {
                    return line.split(separator: " ").last
                }
            }
            return nil
        }
    }
#endif
