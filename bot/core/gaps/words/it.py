"""Italian words."""

from __future__ import annotations

STATES = {
    "open": """
        aperto, aperta, da fare, in attesa, mancante, mancanti, non iniziato, non implementato, non implementata, non
        risolto, pianificato, pianificata, nuovo, incompleto, assente
    """,
    "in_progress": """
        in corso, parziale, parzialmente, parzialmente implementato, in lavorazione, in sviluppo, iniziato
    """,
    "done": """
        fatto, fatta, completato, completata, completo, risolto, risolta, risolti, chiuso, chiusa, implementato,
        implementata, corretto, corretta, già fatto
    """,
    "deferred": """
        rimandato, rimandata, rinviato, rinviata, posticipato, in pausa, più avanti, in futuro
    """,
    "wontfix": """
        annullato, annullata, rifiutato, scartato, scartata, obsoleto, fuori ambito, non previsto
    """,
}

WEAK = """
    nuovo, assente, fatto, fatta, completo
"""

PRIORITIES = """
    critico, critica, critici, urgente, molto alta, alta, alto, importante, importanti, media, medio, moderata, bassa, basso,
    opzionale, bloccante, minore, maggiore
"""

LABELS = {
    "status": """
        stato, stato attuale, avanzamento
    """,
    "priority": """
        priorità, urgenza
    """,
    "severity": """
        severità, gravità, criticità
    """,
    "effort": """
        sforzo, stima, tempo stimato, dimensione
    """,
    "complexity": """
        complessità, difficoltà
    """,
    "depends": """
        dipendenze, dipende da, bloccato da, richiede
    """,
    "id": """
        numero
    """,
    "title": """
        titolo, lacuna, problema, compito, attività, descrizione, funzionalità, elemento, debito, miglioramento
    """,
    "resolution": """
        risoluzione
    """,
    "describes": """
        descrizione, problema, impatto, causa, soluzione, file, raccomandazione, rischio, motivo, posizione, azione, proposta
    """,
}

LACKING = """
    non, senza, manca, mancano, mancante, mancanti, nessuno, nessuna, mai, solo, ancora, incompleto, incompleta, errore, errori,
    problema, rotto, rotta, duplicato, lento, obsoleto, dovrebbe, deve, devono, limitato, manuale
"""

DEMANDS = """
    aggiungere, correggere, implementare, supportare, migliorare, rimuovere, sostituire, migrare, aggiornare, creare, fare, usare,
    validare, verificare, rifattorizzare, spostare, documentare, testare, integrare, ottimizzare, definire, estrarre, mostrare
"""

SECTIONS = {
    "legend": """
        legenda, formato, modello, glossario, definizioni, livelli di priorità
    """,
    "guide": """
        come usare, come contribuire, processo, istruzioni, uso, manutenzione, guida
    """,
    "reference": """
        riferimenti, collegamenti, risorse, indice, vedi anche, fonti
    """,
    "summary": """
        riepilogo, sommario, statistiche, metriche, conclusione, conclusioni, panoramica, riassunto, totale, stato attuale
    """,
    "plan": """
        piano, prossimi passi, piano d'azione, raccomandazioni, ordine consigliato, tabella di marcia
    """,
    "inventory": """
        cosa funziona, già implementato, implementato, esistente, punti di forza, contesto, introduzione
    """,
    "archive": """
        risolto, risolti, completato, completati, fatto, chiuso, chiusi, archivio
    """,
    "log": """
        cronologia, registro delle modifiche, modifiche
    """,
    "gaps": """
        lacune, mancante, mancanti, elementi mancanti, limitazioni, limitazioni note, problemi, problemi noti, debito tecnico,
        debito, attività, miglioramenti, errori, carenze, cosa manca, funzionalità mancanti, da fare
    """,
    "detail": """
        problema, descrizione, soluzione, impatto, causa, passi, raccomandazione, file
    """,
}
