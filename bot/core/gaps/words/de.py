"""German words."""

from __future__ import annotations

STATES = {
    "open": """
        offen, ausstehend, geplant, fehlt, fehlend, nicht begonnen, nicht implementiert, noch nicht implementiert, nicht
        erledigt, nicht umgesetzt, noch offen, zu erledigen, neu, nicht gestartet, nein, unvollständig
    """,
    "in_progress": """
        in arbeit, in bearbeitung, teilweise, teilweise erledigt, teilweise umgesetzt, teilweise implementiert, begonnen,
        läuft, in umsetzung, in entwicklung, teils, größtenteils
    """,
    "done": """
        erledigt, fertig, behoben, gelöst, umgesetzt, abgeschlossen, implementiert, geschlossen, fertiggestellt, bereits
        implementiert, bereits umgesetzt, bereits erledigt, ja
    """,
    "deferred": """
        verschoben, zurückgestellt, später, pausiert, vertagt, aufgeschoben, irgendwann
    """,
    "wontfix": """
        abgelehnt, verworfen, wird nicht umgesetzt, nicht geplant, entfällt, obsolet, hinfällig, gestrichen
    """,
}

WEAK = """
    ja, nein, neu, später, fehlt, begonnen, läuft
"""

PRIORITIES = """
    kritisch, dringend, sehr hoch, hoch, hohe, hoher, wichtig, mittel, mittlere, mittlerer, normal, gering, niedrig,
    niedrige, niedriger, optional, blockierend, schön zu haben
"""

LABELS = {
    "status": """
        status, stand, zustand
    """,
    "priority": """
        priorität, prio, dringlichkeit, wichtigkeit
    """,
    "severity": """
        schweregrad, kritikalität
    """,
    "effort": """
        aufwand, schätzung, geschätzter aufwand, zeitaufwand, größe
    """,
    "complexity": """
        komplexität
    """,
    "depends": """
        abhängigkeiten, abhängigkeit, abhängig von, hängt ab von, blockiert durch, voraussetzungen, voraussetzung
    """,
    "id": """
        nummer, kennung
    """,
    "title": """
        titel, lücke, problem, thema, aufgabe, beschreibung, fehler, funktion, bereich, feature, maßnahme
    """,
    "resolution": """
        auflösung
    """,
    "describes": """
        beschreibung, problem, auswirkung, auswirkungen, ursache, lösung, betroffene dateien, datei, dateien, risiko,
        empfehlung, begründung, ist zustand, soll zustand, ort, modul, vorschlag, maßnahme, hinweis, ist, soll, fix,
        nutzen, warum
    """,
}

LACKING = """
    kein, keine, keinen, nicht, fehlt, fehlen, fehlend, fehlende, ohne, nur, noch, unvollständig, defekt, kaputt, fehler,
    problem, veraltet, langsam, sollte, sollten, muss, müssen, müsste, könnte, zu, unsicher, begrenzt, manuell, lücke,
    hartkodiert
"""

DEMANDS = """
    hinzufügen, beheben, implementieren, unterstützen, verbessern, entfernen, ersetzen, prüfen, ergänzen, umstellen, erstellen,
    testen, dokumentieren, anpassen, bereinigen, migrieren, einführen, klären
"""

SECTIONS = {
    "legend": """
        legende, format, vorlage, glossar, definitionen, kategorien, prioritätsstufen, bewertung, beispiel
    """,
    "guide": """
        anleitung, mitwirken, prozess, vorgehen, wartung, verwendung, nutzung, pflege, regeln, hinweise
    """,
    "reference": """
        referenzen, links, verweise, inhaltsverzeichnis, inhalt, quellen, siehe auch, anhang, dateien
    """,
    "summary": """
        zusammenfassung, übersicht, überblick, statistik, fazit, kennzahlen, ergebnis, auf einen blick, bewertung,
        prioritätsmatrix, gesamtbewertung
    """,
    "plan": """
        fahrplan, nächste schritte, plan, zeitplan, migrationspfad, empfehlungen, empfehlung, empfohlene reihenfolge,
        umsetzungsplan, maßnahmenplan, reihenfolge
    """,
    "inventory": """
        was funktioniert, bereits implementiert, bereits umgesetzt, vorhanden, bestand, stärken, ist zustand, umgesetzt,
        architektur, hintergrund, einleitung, ziel, kontext, bereits vorhanden
    """,
    "archive": """
        erledigt, behoben, abgeschlossen, gelöst, archiv, geschlossen, erledigte punkte
    """,
    "log": """
        änderungsprotokoll, verlauf, historie, änderungen, versionshistorie
    """,
    "gaps": """
        lücken, fehlend, fehlende features, fehlende funktionen, einschränkungen, probleme, bekannte probleme, technische
        schulden, schulden, aufgaben, verbesserungen, offene punkte, bugs, fehler, noch zu tun, defizite, bekannte fehler,
        was fehlt, schwächen, todos, offen
    """,
    "detail": """
        problem, beschreibung, lösung, auswirkung, ursache, schritte, empfehlung, dateien, ist zustand
    """,
}
