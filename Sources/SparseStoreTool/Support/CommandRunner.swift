internal import ArgumentParser
internal import Platform
internal import SparseInterchange
internal import SparseStore
internal import Synchronization

/// Parses the arguments, runs the command, and turns any error into one line and an exit code.
enum CommandRunner {
    /// Runs the process from start to exit.
    static func main() -> Never {
        // Do this before opening anything: a write to a closed standard stream must not end up in a file of the store.
        StandardDescriptors.occupy()
        if let index = unreadableArgument {
            Output.complain(
                "argument \(index), '\(CommandLine.arguments[index])', is not UTF-8; rename the file or folder")
            exit(ExitStatus.usage.rawValue)
        }
        exit(run(Array(CommandLine.arguments.dropFirst())).rawValue)
    }

    /// The index of the first argument that is not UTF-8, counted from 1; nil if all are. Swift strings repair invalid
    /// UTF-8, so that different arguments would become equal.
    private static var unreadableArgument: Int? {
        (1..<max(1, Int(CommandLine.argc))).first { index in
            CommandLine.unsafeArgv[index].map { String(validatingCString: $0) == nil } ?? false
        }
    }

    static func run(_ arguments: [String]) -> ExitStatus {
        if let name = commandName(arguments),
            !RootCommand.configuration.subcommands.contains(where: { $0.configuration.commandName == name })
        {
            Output.complain("there is no command '\(name)'; see 'sparsestore --help'")
            return .usage
        }
        var command: any ParsableCommand
        do {
            command = try RootCommand.parseAsRoot(separatingNumbers(arguments))
        } catch {
            return usage(error)
        }
        do {
            try command.run()
            try Output.standard.flush()
            return .success
        } catch let error as AlreadyReported {
            return error.status
        } catch {
            // The parser reports a request for help as an error too.
            if !CommandFailure.isOurs(error), RootCommand.exitCode(for: error) != .failure { return usage(error) }
            // Keep the output that was written before the failure.
            try? Output.standard.flush()
            let failure = CommandFailure(error)
            Output.complain(failure.message)
            return failure.status
        }
    }

    /// The name of the command to run, or to explain with `help`; nil if there is none.
    private static func commandName(_ arguments: [String]) -> String? {
        let named = arguments.first == "help" ? arguments.dropFirst().first { !$0.hasPrefix("-") } : arguments.first
        return named.flatMap { $0.hasPrefix("-") ? nil : $0 }
    }

    /// Moves negative numbers after "--" for `get` and `remove`, whose arguments are ids, so that they are not parsed
    /// as options.
    private static func separatingNumbers(_ arguments: [String]) -> [String] {
        guard let command = arguments.first, command == "get" || command == "remove", !arguments.contains("--") else {
            return arguments
        }
        func isNumber(_ argument: String) -> Bool { argument.hasPrefix("-") && Double(argument) != nil }
        let numbers = arguments.filter(isNumber)
        return numbers.isEmpty ? arguments : arguments.filter { !isNumber($0) } + ["--"] + numbers
    }

    private static func usage(_ error: any Error) -> ExitStatus {
        guard RootCommand.exitCode(for: error) != .success else {
            do {
                try Output.standard.write(RootCommand.fullMessage(for: error) + "\n")
                try Output.standard.flush()
                return .success
            } catch {
                return CommandFailure(error).status
            }
        }
        let text = RootCommand.message(for: error).split(separator: "\n").joined(separator: " ")
        Output.complain("\(text); see 'sparsestore --help'")
        return .usage
    }
}

/// A flag that SIGINT and SIGTERM set, so that a command can stop at a safe point. A second signal ends the process
/// immediately.
enum InterruptFlag {
    private static let flag = Atomic<Bool>(false)
    private static let isInstalled = Atomic<Bool>(false)

    static var isSet: Bool { flag.load(ordering: .relaxed) }

    /// Sets the flag as a signal would.
    static func set() { flag.store(true, ordering: .relaxed) }

    /// Installs the signal handlers, even if the signals are ignored or blocked: a shell ignores them for background
    /// commands, and a thread pool blocks them.
    static func install() {
        // Installing twice would catch the second signal too, which must end the process.
        guard !isInstalled.exchange(true, ordering: .relaxed) else { return }
        // The first use initializes the flag. That must happen before a handler runs.
        _ = isSet
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM] {
            var action = sigaction()
            #if canImport(Darwin)
                action.__sigaction_u.__sa_handler = { _ in InterruptFlag.set() }
            #else
                action.__sigaction_handler.sa_handler = { _ in InterruptFlag.set() }
            #endif
            action.sa_flags = Int32(bitPattern: UInt32(truncatingIfNeeded: SA_RESETHAND))
            sigaction(signal, &action, nil)
            sigaddset(&signals, signal)
        }
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }
}
