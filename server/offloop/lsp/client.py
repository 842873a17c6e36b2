"""What the client can do: its capabilities as plain yes/no facts, read once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lsprotocol import types
from pygls.capabilities import get_capability

from offloop.lsp.convert import choose_encoding


@dataclass(frozen=True, slots=True)
class ClientFeatures:
    """The capabilities that change what we send; the defaults are those of a client that declares nothing."""

    encoding: types.PositionEncodingKind = types.PositionEncodingKind.Utf16
    pull: bool = False
    refresh: bool = False
    related_documents: bool = False
    related_information: bool = False
    code_description: bool = False
    diagnostic_data: bool = False
    push_version: bool = False
    document_changes: bool = False
    preferred: bool = False
    resolves_edits: bool = False
    markdown: bool = False
    progress: bool = False
    configuration: bool = False
    hierarchical_symbols: bool = False
    label_details: bool = False
    refreshes_hints: bool = False
    refreshes_lenses: bool = False
    show_document: bool = False
    apply_edit: bool = False
    watched_files: bool = False
    configuration_registration: bool = False

    @property
    def refreshes_marks(self) -> bool:
        """Whether the client can be asked to show anew what is beside functions."""
        return self.refreshes_hints or self.refreshes_lenses


def features_of(capabilities: types.ClientCapabilities) -> ClientFeatures:
    """Read a client's declared capabilities."""

    def has(path: str) -> bool:
        return bool(get_capability(capabilities, path, False))

    is_pulling = _pulls(capabilities)
    kind = "diagnostic" if is_pulling else "publish_diagnostics"
    encodings: Iterable[types.PositionEncodingKind | str] | None
    encodings = capabilities.general.position_encodings if capabilities.general else None
    hover = get_capability(capabilities, "text_document.hover.content_format", None) or ()
    return ClientFeatures(
        encoding=choose_encoding(encodings),
        pull=is_pulling,
        refresh=has("workspace.diagnostics.refresh_support"),
        related_documents=has("text_document.diagnostic.related_document_support"),
        related_information=_either(capabilities, kind, "related_information"),
        code_description=_either(capabilities, kind, "code_description_support"),
        diagnostic_data=_either(capabilities, kind, "data_support"),
        push_version=has("text_document.publish_diagnostics.version_support"),
        document_changes=has("workspace.workspace_edit.document_changes"),
        preferred=has("text_document.code_action.is_preferred_support"),
        resolves_edits=_resolves_edits(capabilities),
        markdown=types.MarkupKind.Markdown in hover,
        progress=has("window.work_done_progress"),
        configuration=has("workspace.configuration"),
        hierarchical_symbols=has("text_document.document_symbol.hierarchical_document_symbol_support"),
        label_details=has("text_document.completion.completion_item.label_details_support"),
        refreshes_hints=has("workspace.inlay_hint.refresh_support"),
        refreshes_lenses=has("workspace.code_lens.refresh_support"),
        show_document=has("window.show_document.support"),
        apply_edit=has("workspace.apply_edit"),
        watched_files=has("workspace.did_change_watched_files.dynamic_registration"),
        configuration_registration=has("workspace.did_change_configuration.dynamic_registration"),
    )


def _resolves_edits(capabilities: types.ClientCapabilities) -> bool:
    """Return whether a code action may come without its edit, which is asked for when the user chooses it."""
    resolved = (
        get_capability(capabilities, "text_document.code_action.resolve_support.properties", None) or ()
    )
    return "edit" in resolved and bool(
        get_capability(capabilities, "text_document.code_action.data_support", False)
    )


def _pulls(capabilities: types.ClientCapabilities) -> bool:
    """Return whether findings are pulled.

    A client that cannot be asked to pull again (Neovim 0.11) would show what an edit of another file, a file on
    the disk or the catalog has changed after its next edit only: it is pushed to where it takes that.
    """
    text = capabilities.text_document
    if text is None or text.diagnostic is None:
        return False
    is_refreshing = get_capability(capabilities, "workspace.diagnostics.refresh_support", False)
    return bool(is_refreshing) or text.publish_diagnostics is None


def _either(capabilities: types.ClientCapabilities, kind: str, name: str) -> bool:
    """Read a capability that 3.17 clients declare for pushed diagnostics only, though meant for both."""
    declared = get_capability(capabilities, f"text_document.{kind}.{name}", None)
    if declared is None:
        declared = get_capability(capabilities, f"text_document.publish_diagnostics.{name}", None)
    return bool(declared)
